// Reads rows of a merge again that were left to the log (control path).
import type { RawBatch } from '../../core/batch.ts';
import { MillraceError } from '../../core/errors.ts';
import { MERGE_BYTES_MAX } from '../../core/merge-limits.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { Merger } from './merger.ts';
import { readGroup } from './row-group.ts';

/**
 * Loads the groups from `place` on, about as many as one commit releases.
 * @param end of what the merge has taken
 * @throws MillraceError LOG_CHANGED if the log no longer has the first
 */
export async function loadRows(
  merger: Merger,
  place: number,
  end: number,
  read: (from: number, to: number) => AsyncIterable<RawBatch>,
): Promise<void> {
  const missing = merger.unloaded();
  let bytes = 0;
  let where = '';
  for await (const raw of read(place, end)) {
    where = partitionName(raw.origin);
    for (let i = 0; i < raw.count && bytes < MERGE_BYTES_MAX; i++) {
      const value = raw.values.at(i);
      const group = missing.get(raw.offsets[i] as number);
      if (group === undefined || value === null) continue;
      const rows = readGroup(Buffer.from(value));
      if ('reason' in rows) continue;
      merger.load(group, rows);
      bytes += group.bytes;
    }
    if (bytes >= MERGE_BYTES_MAX) return;
  }
  if (bytes > 0) return;
  throw new MillraceError('LOG_CHANGED', `the log no longer has the rows at offset ${place}`, {
    where,
    remedy: 'Keep the topic before the merge: the engine deletes what it needs no more.',
  });
}
