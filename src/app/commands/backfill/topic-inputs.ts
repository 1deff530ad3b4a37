// The partitions of a backfill from the topic of a source, or from its archive (control path). A range of time is one of the
// timestamps that records have in the log: it becomes a range of offsets, so that an engine can go on exactly there.
import type { RawBatch } from '../../../core/batch.ts';
import { MillraceError } from '../../../core/errors.ts';
import { instantText } from '../../../core/time.ts';
import { partitionName, type TopicPartition } from '../../../core/topic-partition.ts';
import type { EventLog } from '../../../ports/event-log.ts';
import type { EventArchive, EventSource } from '../../../ports/history.ts';
import { type BackfillInput, rangeInput } from '../../../runtime/backfill/backfill-input.ts';
import { sourceOf } from '../../../runtime/recovery/restore-point.ts';
import type { Topology } from '../../../topology/define.ts';
import type { Bounds } from './backfill-progress.ts';
import type { TimeRange } from './inputs.ts';

/**
 * @param bounds of partitions whose offsets are known: those of a command that was interrupted
 * @throws OFFSET_LOST if the topic has lost records of the range; LOG_FAILED if there is no topic
 */
export async function topicInputs(
  log: EventLog,
  topology: Topology,
  partitions: readonly number[],
  range: TimeRange,
  bounds: readonly Bounds[] = [],
): Promise<BackfillInput[]> {
  const { topic } = topology.source;
  if (!(await log.partitionCounts([topic])).has(topic))
    throw new MillraceError('LOG_FAILED', 'there is no such topic', {
      where: topic,
      remedy: 'Name a file or archive with --from, or load the events first.',
    });
  const [offsets, ends] = [await log.offsets(topic), await log.ends(topic)];
  return Promise.all(
    partitions.map(async (partition) => {
      const place = { topic, partition };
      const read = (begin: number, until: number): AsyncIterable<RawBatch> =>
        log.read(topic, partition, begin, until);
      const known = bounds.find((one) => one.partition === partition);
      if (known !== undefined && known.from >= (offsets[partition]?.low ?? 0))
        return rangeInput(place, known.from, known.to, read);
      const { low = 0, high = 0 } = offsets[partition] ?? {};
      // Events behind the range of the interrupted command are not answered by hops.
      const end = known?.to ?? Math.max(low, Math.min(high, ends[partition]?.readable ?? high));
      const at = async (ms: number): Promise<number> => Math.min(end, await log.offsetForTime(place, ms));
      const from = range.fromMs === null ? Math.min(low, end) : await at(range.fromMs);
      if (range.fromMs !== null && low > 0 && from === low)
        await refuseLost(place, log.read(topic, partition, low, end), range.fromMs);
      const to = range.untilMs === null ? end : Math.max(from, await at(range.untilMs));
      return rangeInput(place, from, to, read);
    }),
  );
}

/** Records before the first one that is left may have been of the range. */
async function refuseLost(
  place: TopicPartition,
  records: AsyncIterable<RawBatch>,
  fromMs: number,
): Promise<void> {
  for await (const { count, offsets, timestampMs } of records) {
    if (count === 0) continue;
    const firstMs = timestampMs[0] as number;
    if (firstMs <= fromMs) return;
    throw new MillraceError('OFFSET_LOST', `the records before offset ${offsets[0]} are gone`, {
      where: partitionName(place),
      remedy: `Give --from-time ${instantText(firstMs)} or later, or another --from: archive, or a file.`,
    });
  }
}

/**
 * @param opened the archive of a partition, as its owner reads it
 * @param bounds as topicInputs has them
 * @throws OFFSET_LOST if the archive lacks records of the range
 */
export async function archiveInputs(
  archive: EventArchive,
  opened: (partition: number) => Promise<EventArchive>,
  topology: Topology,
  partitions: readonly number[],
  { fromMs, untilMs }: TimeRange,
  bounds: readonly Bounds[] = [],
): Promise<BackfillInput[]> {
  await archive.flush();
  return Promise.all(
    partitions.map(async (partition) => {
      const source = sourceOf(topology, { topic: topology.source.topic, partition });
      const records = await opened(partition);
      const read = (begin: number, until: number): AsyncIterable<RawBatch> =>
        records.readEvents(source, begin, until);
      const known = bounds.find((one) => one.partition === partition);
      if (known !== undefined && (await archive.holdsEvents(source, known.from, known.to)))
        return rangeInput(source, known.from, known.to, read);
      const end = known?.to ?? (await archiveEnd(archive, source));
      const since = async (ms: number): Promise<number> =>
        Math.min(end, (await archive.eventOffsetForTime(source, ms)) ?? end);
      const first = await since(fromMs ?? Number.NEGATIVE_INFINITY);
      const to = untilMs === null ? end : Math.max(first, await since(untilMs));
      if (first < to && !(await archive.holdsEvents(source, first, to)))
        throw new MillraceError('OFFSET_LOST', `the archive lacks records from offset ${first} to ${to}`, {
          where: partitionName(source),
          remedy: 'Give a range of time that it has as a whole, or another --from: the topic, or a file.',
        });
      return rangeInput(source, first, to, read);
    }),
  );
}

/** The offset after the last archived record; 0 if there is none. */
async function archiveEnd(archive: EventArchive, source: EventSource): Promise<number> {
  let [low, high] = [0, 1];
  const has = async (offset: number): Promise<boolean> => {
    for await (const page of archive.readEvents(source, offset, Number.MAX_SAFE_INTEGER))
      return page.count > 0;
    return false;
  };
  while (await has(high)) [low, high] = [high, high * 2];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await has(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
