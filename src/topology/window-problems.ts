// Windows that cannot be served with the lateness that a topology allows (control path).
import { definedAt, type Problem } from '../core/definition.ts';
import { isCode } from '../core/errors.ts';
import type { FeaturesStage } from '../operators/feature-layout.ts';
import type { Stage } from '../operators/stage.ts';
import type { WatermarksStage } from '../operators/watermarks.ts';
import { ViewWindows } from '../window/view-windows.ts';
import type { Aggregate } from '../window/aggregate.ts';
import { isKind, listedStages } from './stage-list.ts';

/** Problems of the windows together with the watermarks, in stages that are sound by themselves. */
export function windowProblems(stages: readonly Stage[]): Problem[] {
  const allowedLatenessMs = stages.find(isKind<WatermarksStage>('watermarks'))?.allowedLatenessMs ?? 0;
  return listedStages(stages).flatMap((stage, i) => {
    if (!isKind<FeaturesStage>('features')(stage)) return [];
    return Object.entries(stage.options.views ?? {}).flatMap(([view, { features }]) =>
      Object.entries(features).flatMap(([feature, aggregate]): Problem[] => {
        const what = problemOf(aggregate, allowedLatenessMs);
        const path = `stages[${i}].views.${view}.${feature}.over`;
        return what === null ? [] : [{ path, what, at: definedAt(aggregate) }];
      }),
    );
  });
}

/** A window says itself what it needs when it is opened, one of a project too. */
function problemOf(aggregate: Aggregate, allowedLatenessMs: number): string | null {
  try {
    void new ViewWindows([aggregate], { allowedLatenessMs });
    return null;
  } catch (error) {
    if (!isCode(error, 'TOPOLOGY_INVALID')) throw error;
    return error.remedy === undefined ? error.what : `${error.what}. ${error.remedy}`;
  }
}
