// Requests to erase an entity, in the log (control path).
import type { EventLog, LogRecord } from '../../../ports/event-log.ts';
import {
  erasureKey,
  erasureLogRecord,
  type ErasureRequest,
} from '../../../runtime/erasure/erasure-record.ts';
import type { Erasures } from '../../../runtime/erasure/erasures.ts';
import type { Topology } from '../../../topology/define.ts';
import { erasuresTopic } from '../../../topology/topics.ts';

type RequestLog = Pick<EventLog, 'ends' | 'topicId' | 'publish'>;

/** @param below what is erased of each partition at least, besides what its owner has committed; by default what the source has now */
export async function publishRequest(
  log: RequestLog,
  { name, source }: Pick<Topology, 'name' | 'source'>,
  erasures: Erasures,
  { digest, entity }: Pick<ErasureRequest, 'digest' | 'entity'>,
  below: readonly number[] | null = null,
): Promise<ErasureRequest> {
  const ends = below ?? (await log.ends(source.topic)).map(({ end }) => end);
  const topicId = await log.topicId(source.topic);
  const requestedAtMs = Date.now();
  // The clock of another machine may be ahead.
  const sequence = Math.max(erasures.sequence + 1, requestedAtMs);
  const request = { kind: 'request', digest, entity, topicId, ends, sequence, requestedAtMs } as const;
  await publish(log, name, request);
  erasures.add(request);
  return request;
}

/** Removes the name of the entity from a request that is applied everywhere: the tombstone has the log remove the record. */
export async function forget(
  log: Pick<EventLog, 'publish'>,
  topology: string,
  request: ErasureRequest,
): Promise<void> {
  await log.publish(erasuresTopic(topology), [tombstone(request)]);
  await publish(log, topology, { ...request, entity: null });
}

function tombstone(request: ErasureRequest): LogRecord {
  return { key: Buffer.from(erasureKey(request)), value: null, timestampMs: Date.now() };
}

async function publish(
  log: Pick<EventLog, 'publish'>,
  topology: string,
  request: ErasureRequest,
): Promise<void> {
  await log.publish(erasuresTopic(topology), [erasureLogRecord(request, Date.now())]);
}
