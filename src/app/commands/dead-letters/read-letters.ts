// Reads the dead letters of a topology (control path). The topic may hold records of other writers: each is decoded alone.
import { isCode, messageOf } from '../../../core/errors.ts';
import type { RecordDecoder, SchemaCodec } from '../../../ports/codec.ts';
import type { EventLog } from '../../../ports/event-log.ts';
import type { DeadLetterRecord } from '../../../runtime/records.ts';
import type { Topology } from '../../../topology/define.ts';
import { topicsOf } from '../../../topology/topics.ts';

export interface LetterChoice {
  /** Error codes; null for all. */
  readonly codes: ReadonlySet<string> | null;
  /** Only letters rejected at or after it, processing time, ms. */
  readonly sinceMs: number;
}

/** A record of the topic that is no dead letter. */
export interface ForeignRecord {
  readonly partition: number;
  readonly offset: number;
  readonly why: string;
}

/**
 * The letters that are chosen, each partition's in order; none if the topic does not exist yet.
 * @param foreign called for each record that is no dead letter
 */
export async function* readLetters(
  log: EventLog,
  codec: SchemaCodec,
  topology: Topology,
  { codes, sinceMs }: LetterChoice,
  foreign: (record: ForeignRecord) => void,
): AsyncGenerator<DeadLetterRecord> {
  const { deadLetters: topic } = topicsOf(topology);
  const decoder = await codec.decoder<DeadLetterRecord>(`${topic}-value`);
  for (const [partition, { low, high }] of (await rangesOf(log, topic)).entries()) {
    const isBounded = Number.isFinite(sinceMs);
    const from = isBounded ? Math.max(low, await log.offsetForTime({ topic, partition }, sinceMs)) : low;
    for await (const raw of log.read(topic, partition, from, high)) {
      for (const [index, value] of [...raw.values].entries()) {
        const letter = await decodeOne(decoder, value);
        if ('why' in letter) {
          foreign({ partition, offset: raw.offsets[index] as number, why: letter.why });
          continue;
        }
        if ((codes === null || codes.has(letter.code)) && letter.failedAtMs >= sinceMs) yield letter;
      }
    }
  }
}

/** By partition; none if the topic does not exist: an engine creates it when it starts. */
export async function rangesOf(
  log: Pick<EventLog, 'offsets' | 'partitionCounts'>,
  topic: string,
): Promise<ReadonlyArray<{ readonly low: number; readonly high: number }>> {
  const counts = await log.partitionCounts([topic]);
  return counts.has(topic) ? log.offsets(topic) : [];
}

async function decodeOne(
  decoder: RecordDecoder<DeadLetterRecord>,
  value: Buffer | null,
): Promise<DeadLetterRecord | { readonly why: string }> {
  if (value === null) return { why: 'it has no value' };
  try {
    return await decoder.decode(value);
  } catch (error) {
    if (isCode(error, 'REGISTRY_UNAVAILABLE')) throw error;
    return { why: messageOf(error) };
  }
}
