// Which columns a part of a topology can compute again from the bytes of an event (control path): not those that depend on
// the state of a stage, as that is of the events of one partition of the source.
import { parseRead } from '../core/columns.ts';
import { contract, type ContractStage } from '../operators/contract.ts';
import type { Rule } from '../operators/contract-rule.ts';
import type { Stage } from '../operators/stage.ts';
import { COMPUTING_KINDS, isKind } from './stage-list.ts';

const isContract = isKind<ContractStage>('contract');

export interface Recomputable {
  /** The stages that compute columns which can be had again. What they set aside is set aside already. */
  readonly stages: readonly Stage[];
  /** Columns that cannot, with the stage that they come from. */
  readonly lost: ReadonlyMap<string, string>;
}

/** @param stages before the features */
export function recomputable(stages: readonly Stage[]): Recomputable {
  const lost = new Map<string, string>();
  const kept: Stage[] = [];
  const note = (stage: Stage, columns: readonly string[], isKept: boolean): void => {
    for (const column of columns) {
      if (isKept) lost.delete(column);
      else lost.set(column, stage.id);
    }
  };
  const areKnown = (reads: readonly string[]): boolean =>
    reads.every((read) => !lost.has(parseRead(read).column));
  for (const stage of stages) {
    if (isContract(stage)) {
      const defaults: Rule[] = [];
      for (const rule of stage.rules.filter(({ otherwise }) => typeof otherwise === 'object')) {
        const isKept = rule.memory === undefined && areKnown(rule.reads);
        if (isKept) defaults.push(rule);
        note(stage, rule.column === null ? [] : [rule.column], isKept);
      }
      if (defaults.length > 0) kept.push(contract(stage.id, defaults));
      continue;
    }
    const written = [...Object.keys(stage.adds ?? {}), ...(stage.replaces ?? [])];
    const isKept = COMPUTING_KINDS.includes(stage.kind) && areKnown(stage.reads);
    if (isKept && written.length > 0) kept.push(stage);
    note(stage, written, isKept);
  }
  return { stages: kept, lost };
}
