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
  readonly log: Pick<EventLog, 'offsets' | 'partitionCounts'>;
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
  const erasures = await rangesOf(log, erasuresTopic(topology.name));
  const files = digest === null ? [] : [digest.toString('hex'), { ...rowFile, names: [...rowFile.names] }];
  const asked = [from, range, seedState, partitions, model, erasures.map(({ high }) => high), ...files];
  return createHash('sha256')
    .update(JSON.stringify([describeText(topology), ...asked]))
    .update(code)
    .digest('hex');
}
