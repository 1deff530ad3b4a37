// The stages that the front of a topology runs (control path): those that decide which events go on. What a table gives
// depends on when it was read, so nothing that decides may depend on it: front and topology would decide otherwise.
import { parseRead } from '../core/columns.ts';
import { contract, type ContractStage } from '../operators/contract.ts';
import type { Rule } from '../operators/contract-rule.ts';
import type { Stage } from '../operators/stage.ts';
import { COMPUTING_KINDS, isKind } from './stage-list.ts';

export interface FrontStages {
  readonly stages: readonly Stage[];
  /** Columns of tables that a stage decides by, with the stage. */
  readonly undecided: ReadonlyMap<string, string>;
  /** Columns that come from tables, which the front does not read. */
  readonly looked: ReadonlySet<string>;
}

/** Their effects belong to the topology itself. */
export const MAIN_ALONE: readonly string[] = ['profile', 'repartition'];
const isContract = isKind<ContractStage>('contract');

/** @param stages before the features */
export function frontStages(stages: readonly Stage[]): FrontStages {
  const looked = new Set<string>();
  const undecided = new Map<string, string>();
  const kept: Stage[] = [];
  const lookedIn = (reads: readonly string[]): string | undefined =>
    reads.map((read) => parseRead(read).column).find((column) => looked.has(column));
  const keep = (stage: Stage, reads: readonly string[]): void => {
    const column = lookedIn(reads);
    if (column !== undefined) undecided.set(column, stage.id);
    kept.push(stage);
  };
  for (const stage of stages.filter(({ kind }) => !MAIN_ALONE.includes(kind))) {
    const isComputed =
      (stage.tables ?? []).length > 0 || (COMPUTING_KINDS.includes(stage.kind) && lookedIn(stage.reads));
    if (isComputed) {
      for (const column of [...Object.keys(stage.adds ?? {}), ...(stage.replaces ?? [])]) looked.add(column);
      continue;
    }
    for (const column of stage.replaces ?? []) looked.delete(column);
    if (!isContract(stage)) keep(stage, stage.reads);
    else {
      const rules = stage.rules.filter((rule) => decides(rule));
      if (rules.length > 0)
        keep(
          contract(stage.id, rules),
          rules.flatMap(({ reads }) => reads),
        );
    }
  }
  return { stages: kept, undecided, looked };
}

/** Flags and alerts are the topology's own. */
function decides({ otherwise }: Rule): boolean {
  return otherwise === 'dead-letter' || typeof otherwise === 'object';
}
