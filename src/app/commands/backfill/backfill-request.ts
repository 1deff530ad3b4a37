// What tells one backfill from another (control path): an interrupted one goes on only if all of it is the same.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileError } from '../../../core/file-errors.ts';
import type { EventLog } from '../../../ports/event-log.ts';
import { rangesOf } from '../../../resilience/topic-ranges.ts';
import type { Topology } from '../../../topology/define.ts';
import { describeText } from '../../../topology/describe.ts';
import { erasuresTopic } from '../../../topology/topics.ts';
import type { BackfillOptions } from './backfill-parts.ts';

interface Requested {
  /** Of the topology: functions in it are in no description. */
  readonly file: string;
  readonly topology: Topology;
  readonly partitions: readonly number[];
  readonly options: BackfillOptions;
  /** Version that scores; null for none. */
  readonly model: string | null;
  /** Of the content of files; null for another source. */
  readonly digest: Buffer | null;
  readonly log: Pick<EventLog, 'offsets' | 'partitionCounts' | 'topicId'>;
}

/** A digest. Events that are erased meanwhile must leave the state that was built, so it is built again. */
export async function requestOf({
  file,
  topology,
  partitions,
  options,
  model,
  digest,
  log,
}: Requested): Promise<string> {
  const { from, range, seedState, rowFile } = options;
  const code = await readFile(file).catch((error: unknown) => {
    throw fileError(error, 'read the topology', file, 'TOPOLOGY_INVALID');
  });
  const { part, source } = topology;
  const erasures = await rangesOf(log, erasuresTopic(topology.name));
  // Events and answers of hops name the topic by its id, and hops have the partitions of their topics.
  const hops = part === undefined ? [] : [await idOf(log, source.topic), part.hops];
  const files = digest === null ? [] : [digest.toString('hex'), { ...rowFile, names: [...rowFile.names] }];
  const asked = [
    from,
    range,
    seedState,
    partitions,
    model,
    erasures.map(({ high }) => high),
    ...hops,
    ...files,
  ];
  return createHash('sha256')
    .update(JSON.stringify([describeText(topology), ...asked]))
    .update(code)
    .digest('hex');
}

/** Null if there is no such topic, or the log has no ids. */
async function idOf(log: Requested['log'], topic: string): Promise<string | null> {
  return (await log.partitionCounts([topic])).has(topic) ? log.topicId(topic) : null;
}
