// The content of an observations topic, independent of how it is split into records: labels with scores, boundaries, counts.
import {
  addObservations,
  isArrivalOnly,
  type ObservationsRecord,
} from '../../src/runtime/boundaries/observation-record.ts';

export interface ObservedRow {
  readonly id: string;
  readonly content: string;
}

export function observationRows(records: readonly ObservationsRecord[]): ObservedRow[] {
  const rows: ObservedRow[] = [];
  const counts = new Map<number, Counts>();
  const arrived = new Set<string>();
  for (const record of records) {
    // Whether a partition is idle depends on the clock.
    if (record.idle !== null) continue;
    const { partition, boundaryMs } = record;
    const id = `boundary ${partition} ${boundaryMs}`;
    // A partition that restarts at a boundary arrives there once more, and an engine that was frozen writes its arrival late.
    if (isArrivalOnly(record) && arrived.has(id)) continue;
    const count = counts.get(partition) ?? { predictions: 0, never: 0 };
    counts.set(partition, count);
    count.predictions += record.predictions;
    count.never += record.labelsNever;
    if (boundaryMs !== null) {
      rows.push({ id, content: countsOf(count) });
      arrived.add(id);
      counts.delete(partition);
    }
    const { labels } = addObservations('', null, record);
    for (const [i, offset] of labels.predictionOffsets.entries()) {
      const content = [labels.labels[i], labels.scores[i], labels.versions[i]].join(' ');
      rows.push({ id: `label ${partition}-${offset}`, content });
    }
  }
  for (const [partition, count] of counts)
    rows.push({ id: `after the last boundary of ${partition}`, content: countsOf(count) });
  return rows;
}

interface Counts {
  predictions: number;
  never: number;
}

function countsOf({ predictions, never }: Counts): string {
  return `${predictions} predictions, ${never} never`;
}
