// Whose models are whose among the targets of a topology (control path): names of targets are changed and exchanged, so that a
// name alone does not say what a model predicts.
import { createHash } from 'node:crypto';
import { givenTo } from '../core/definition.ts';
import { stableJson } from '../core/stable-json.ts';
import { describePredicate } from '../operators/predicate.ts';
import { outputNames } from '../tasks/outputs.ts';
import { unlabelled } from '../tasks/unlabelled.ts';
import type { TargetModels, Topology } from './definition.ts';

/** Hexadecimal digits of the hash of what the label is. */
const DIGITS = 16;

/** What distinguishes the models of a topology, which is one target, from those of another one. */
export function targetModels({
  score,
  task,
  labels,
}: Pick<Topology, 'score' | 'task' | 'labels'>): TargetModels {
  const outputs = outputNames(task.output);
  return {
    target: score?.id ?? null,
    task: task.name,
    ...(outputs === undefined ? {} : { outputs }),
    label: labelPrint({ task, labels }),
  };
}

/**
 * What a target predicts, `binary of fraud: number, 5f3a...`: equal for equal tasks of the same columns and events. Functions in the
 * options of a task do not count. Null for a target without a task.
 */
function labelPrint({ task, labels }: Pick<Topology, 'task' | 'labels'>): string | null {
  if (task.name === unlabelled.name) return null;
  const when = labels === null ? '' : describePredicate(labels.options.when);
  const hash = createHash('sha256')
    .update(`${plain(givenTo(task))}\n${when}`)
    .digest('hex');
  return `${task.name} of ${task.label.reads.join(', ') || 'events'}, ${hash.slice(0, DIGITS)}`;
}

function plain(given: object | undefined): string {
  try {
    return stableJson(given ?? {});
  } catch {
    return '';
  }
}

/** What a manifest says of whose model it is. A single target without a task may take a model of any, under any name. */
export function manifestTarget(topology: Pick<Topology, 'score' | 'task' | 'labels' | 'target'>): {
  readonly target?: string;
  readonly label?: string;
} {
  const { target, label } = targetModels(topology);
  if (target === null || (label === null && topology.target === undefined)) return {};
  return { target, ...(label === null ? {} : { label }) };
}

/** A target, and those beside it. */
export interface OwnTarget extends TargetModels {
  readonly others: readonly TargetModels[];
}

export function ownTarget(topology: Pick<Topology, 'score' | 'task' | 'labels' | 'target'>): OwnTarget {
  return { ...targetModels(topology), others: topology.target?.others ?? [] };
}

/**
 * Why what was made for a target, `made`, is not of this one, as a clause that follows `it is`; null if it is, or does not say.
 * What a target predicts decides, so that one may be renamed; if no target predicts that now, its name does, as the options of a task
 * may change.
 */
export function targetConflict(
  { target, label, others }: OwnTarget,
  made: { readonly target?: string | undefined; readonly label?: string | undefined },
): string | null {
  const own = `that of the topology is '${target ?? 'none'}'`;
  if (made.label !== undefined) {
    const other = others.find((one) => one.label === made.label);
    if (made.label === label && other === undefined) return null;
    if (made.label !== label && other !== undefined)
      return `for target '${other.target}' (${made.label}), ${own}`;
  }
  if (made.target === undefined || made.target === target) return null;
  return `for target '${made.target}'${made.label === undefined ? '' : ` (${made.label})`}, ${own}`;
}

/** The targets of one definition, each with what it has to know of the others. */
export function withOthers(targets: readonly Topology[]): Topology[] {
  return targets.map((topology) => {
    const { target } = topology;
    if (target === undefined) return topology;
    const others = targets.filter((other) => other !== topology).map(targetModels);
    return { ...topology, target: { ...target, others } };
  });
}
