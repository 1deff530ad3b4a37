// In which order stages may stand (control path).
import type { Stage } from '../operators/stage.ts';
import { KINDS_IN_ORDER } from './stage-list.ts';

const KINDS_AT_MOST_ONE = ['watermarks', 'repartition', 'flatten', 'features', 'score', 'labels'];

/**
 * A clause for each stage that stands in the wrong place. The engine's own kinds have one order; others stand anywhere
 * between them, as far as their `before` and `after` allow.
 */
export function orderProblems(stages: readonly Stage[]): string[] {
  const problems: string[] = [];
  let reached = 0;
  for (const [i, { id, kind, before = [], after = [] }] of stages.entries()) {
    const position = KINDS_IN_ORDER.indexOf(kind);
    if (position >= 0 && position < reached)
      problems.push(`stage '${id}' (${kind}) comes after ${KINDS_IN_ORDER[reached]}`);
    reached = Math.max(reached, position);
    const earlier = stages.slice(0, i).find((stage) => before.includes(stage.kind));
    if (earlier !== undefined) problems.push(`stage '${id}' (${kind}) must come before ${earlier.kind}`);
    const later = stages.slice(i + 1).find((stage) => after.includes(stage.kind));
    if (later !== undefined) problems.push(`stage '${id}' (${kind}) must come after ${later.kind}`);
  }
  for (const kind of KINDS_AT_MOST_ONE)
    if (stages.filter((stage) => stage.kind === kind).length > 1)
      problems.push(`there is more than one ${kind} stage`);
  return problems;
}
