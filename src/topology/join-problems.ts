// Interval joins that reach into the future (control path): no event waits for what comes after it.
import { definedAt, type Problem } from '../core/definition.ts';
import { formatDuration } from '../core/time.ts';
import type { JoinStage } from '../operators/interval-join.ts';
import type { Stage } from '../operators/stage.ts';
import type { WatermarksStage } from '../operators/watermarks.ts';
import type { Columns } from '../core/columns.ts';
import { isKind, listedStages } from './stage-list.ts';

/**
 * Problems of interval joins together with the watermarks. An event that is later than another by more than the allowed
 * lateness cannot come before it, as the other would be late: such a part of an interval never has a match.
 */
export function joinProblems(stages: readonly Stage[]): Problem[] {
  const latenessMs = stages.find(isKind<WatermarksStage>('watermarks'))?.allowedLatenessMs ?? 0;
  return listedStages(stages).flatMap((stage, i): Problem[] => {
    if (!isKind<JoinStage<string, Columns>>('join')(stage) || stage.upperMs <= latenessMs) return [];
    const what =
      `it reaches ${formatDuration(stage.upperMs)} behind an event, which does not wait for what comes after it: give ` +
      `${latenessMs} at most, the lateness that the watermarks allow. Of what follows an event make a label, or let the ` +
      'later kind be the one that is joined, by exchanging the two kinds';
    return [{ path: `stages[${i}].upperMs`, what, at: definedAt(stage) }];
  });
}
