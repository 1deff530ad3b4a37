// Housekeeping when a stored log is opened (control path): expired chunks, and superseded records of compacted topics.
import { ByteColumn } from '../../core/byte-column.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { TopicSpec } from '../../ports/event-log.ts';
import type { Chunk } from './log-chunk.ts';
import type { LogStore } from './log-store.ts';

/**
 * Deletes what retention no longer keeps, and from a compacted topic tombstones with what they delete and, once it is half of
 * the topic, every other record that is not the newest of its key.
 */
export function tidy(store: LogStore, spec: TopicSpec, nowMs: number): void {
  if (spec.retentionMs >= 0 && !spec.compacted) store.expire(spec.topic, nowMs - spec.retentionMs);
  if (!spec.compacted) return;
  for (let partition = 0; partition < spec.partitions; partition++)
    compact(store, { topic: spec.topic, partition });
}

function compact(store: LogStore, origin: TopicPartition): void {
  const newest = new Map<string, number>();
  let records = 0;
  const deleted = new Set<string>();
  for (const chunk of chunksOf(store, origin)) {
    for (let i = 0; i < chunk.offsets.length; i++) {
      records++;
      const key = chunk.keys.at(i);
      if (key === null) continue;
      const name = key.toString('base64');
      newest.set(name, chunk.offsets[i] as number);
      if (chunk.values.at(i) === null) deleted.add(name);
      else deleted.delete(name);
    }
  }
  if (records < newest.size * 2 && deleted.size === 0) return;
  for (const name of deleted) newest.delete(name);
  for (const chunk of chunksOf(store, origin)) {
    const kept = survivors(chunk, newest);
    if (kept.offsets.length === chunk.offsets.length) continue;
    store.drop(origin, chunk.baseOffset);
    // An empty chunk stays, so that its offsets are never assigned again.
    store.insert(origin, kept);
  }
}

/** Records without a key cannot be superseded. */
function survivors(chunk: Chunk, newest: ReadonlyMap<string, number>): Chunk {
  const rows: number[] = [];
  for (let i = 0; i < chunk.offsets.length; i++) {
    const key = chunk.keys.at(i);
    if (key === null || newest.get(key.toString('base64')) === chunk.offsets[i]) rows.push(i);
  }
  return {
    baseOffset: chunk.baseOffset,
    endOffset: chunk.endOffset,
    offsets: Float64Array.from(rows, (i) => chunk.offsets[i] as number),
    timestampMs: Float64Array.from(rows, (i) => chunk.timestampMs[i] as number),
    keys: ByteColumn.of(rows.map((i) => chunk.keys.at(i))),
    values: ByteColumn.of(rows.map((i) => chunk.values.at(i))),
  };
}

function* chunksOf(store: LogStore, origin: TopicPartition): Generator<Chunk> {
  let at = store.bounds(origin)?.low ?? 0;
  for (let chunk = store.chunkAt(origin, at); chunk !== null; chunk = store.chunkAt(origin, at)) {
    yield chunk;
    at = chunk.endOffset;
  }
}
