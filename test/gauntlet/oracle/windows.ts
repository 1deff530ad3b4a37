// What a window of one user holds at an event, by looking at all events before it. An event counts in the windows of its
// own instant; a window covers whole panes.
import type { AggregateName, WindowDeclaration } from '../declaration.ts';

export interface Update {
  readonly timeMs: number;
  /** NaN where it is missing. */
  readonly value: number;
}

/** Updates that a query at `timeMs` sees, in the order of their arrival. */
function seen(
  { kind, sizeMs, paneMs }: WindowDeclaration,
  updates: readonly Update[],
  timeMs: number,
): Update[] {
  const pane = Math.floor(timeMs / paneMs);
  const last = kind === 'sliding' ? pane : pane - 1;
  const first = last - (kind === 'sliding' ? sizeMs / paneMs : 1) + 1;
  return updates.filter((update) => {
    const its = Math.floor(update.timeMs / paneMs);
    return its >= first && its <= last;
  });
}

function compute(name: AggregateName, updates: readonly Update[], sizeMs: number): number {
  const values = updates.map(({ value }) => value).filter((value) => !Number.isNaN(value));
  const total = values.reduce((sum, value) => sum + value, 0);
  switch (name) {
    case 'count':
      return updates.length;
    case 'rate':
      return updates.length / (sizeMs / 1_000);
    case 'sum':
      return total;
    case 'mean':
      return values.length === 0 ? Number.NaN : total / values.length;
    case 'min':
      return values.length === 0 ? Number.NaN : Math.min(...values);
    case 'max':
      return values.length === 0 ? Number.NaN : Math.max(...values);
    case 'last':
      return lastOf(updates);
  }
}

/** By event time; of equal times the later arrival. */
function lastOf(updates: readonly Update[]): number {
  let newest: Update | null = null;
  for (const update of updates)
    if (!Number.isNaN(update.value) && (newest === null || update.timeMs >= newest.timeMs)) newest = update;
  return newest?.value ?? Number.NaN;
}

/** Values of every aggregate, window by window, in the precision of a model's input. */
export function windowValues(
  windows: readonly WindowDeclaration[],
  updates: readonly Update[],
  timeMs: number,
): number[] {
  return windows.flatMap((window) => {
    const inside = seen(window, updates, timeMs);
    return window.aggregates.map((name) => Math.fround(compute(name, inside, window.sizeMs)));
  });
}
