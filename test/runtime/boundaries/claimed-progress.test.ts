// What is believed of a boundary, by the watermarks that the group has committed.
import t from 'tap';
import type { CommittedOffset } from '../../../src/ports/event-log.ts';
import { BOUNDARY_UNKNOWN_MS_MAX } from '../../../src/core/loop-limits.ts';
import { ClaimedProgress } from '../../../src/runtime/boundaries/claimed-progress.ts';
import { positionMetadata } from '../../../src/runtime/recovery/committed-position.ts';

const NOW_MS = 1_000;
const topology = { name: 'orders', source: { topic: 'orders', partitions: 2 } };

/** @param watermarksMs of the partitions; null for one whose position has no metadata of the engine */
function progressOf(...watermarksMs: ReadonlyArray<number | null>): ClaimedProgress {
  const committed = watermarksMs.map((watermarkMs, partition): [number, CommittedOffset] => {
    const metadata = watermarkMs === null ? '' : positionMetadata(watermarkMs, null);
    return [partition, { offset: 1, metadata }];
  });
  const log = {
    committedOffsets: async () => new Map(committed),
    partitionCounts: async () => new Map([['orders', 2]]),
  };
  return new ClaimedProgress(topology, log, () => NOW_MS);
}

const unknownMs = NOW_MS + BOUNDARY_UNKNOWN_MS_MAX;

for (const [name, watermarksMs, latestMs] of [
  ['the newest watermark', [10, 30], 30],
  ['a year ahead while no position is known', [], unknownMs],
  ['a year ahead while one position is lost: its partition may have been the newest', [10, null], unknownMs],
  ['the newest watermark if it is further', [unknownMs + 5, null], unknownMs + 5],
] as const)
  t.test(`a boundary was decided up to ${name}`, async (t) => {
    const progress = progressOf(...watermarksMs);
    t.equal(await progress.decidedFault(latestMs), null);
    t.match(await progress.decidedFault(latestMs + 1), { reason: 'range' });
  });
