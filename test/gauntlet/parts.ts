// Worlds of two parts: a topic that is deleted and created again has other events at the same offsets. Each part is judged by
// what was left since the part before.
import type { Verdict } from './judge.ts';
import type { Left } from './left.ts';
import type { SourceRecord } from './oracle/oracle.ts';

/** Rows without the first of each id that the part before had: topics keep both, in their order. */
function later<T>(rows: readonly T[], before: readonly T[], idOf: (row: T) => string): T[] {
  const counts = new Map<string, number>();
  for (const row of before) counts.set(idOf(row), (counts.get(idOf(row)) ?? 0) + 1);
  return rows.filter((row) => {
    const count = counts.get(idOf(row)) ?? 0;
    if (count > 0) counts.set(idOf(row), count - 1);
    return count === 0;
  });
}

/** What was left since; of the history only what records of this part have. */
export function leftSince(before: Left, left: Left, records: readonly SourceRecord[]): Left {
  const ids = new Set(records.map(({ partition, offset }) => `${partition}-${offset}`));
  return {
    predictions: later(left.predictions, before.predictions, ({ id }) => id),
    deadLetters: later(left.deadLetters, before.deadLetters, ({ id }) => id),
    late: later(left.late, before.late, (id) => id),
    features: left.features,
    labels: new Map([...left.labels].filter(([id]) => ids.has(id))),
  };
}

export function together(a: Verdict, b: Verdict): Verdict {
  const setAside = new Map(a.setAside);
  for (const [code, count] of b.setAside) setAside.set(code, (setAside.get(code) ?? 0) + count);
  return {
    events: a.events + b.events,
    predicted: a.predicted + b.predicted,
    late: a.late + b.late,
    duplicates: a.duplicates + b.duplicates,
    setAside,
    stuck: [...a.stuck, ...b.stuck],
    lost: [...a.lost, ...b.lost],
    doubled: [...a.doubled, ...b.doubled],
    different: [...a.different, ...b.different],
    processEnds: [...a.processEnds, ...b.processEnds],
    metricsLied: [...a.metricsLied, ...b.metricsLied],
  };
}
