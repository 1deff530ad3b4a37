// Reads the dead letters of a topology (control path). The topic may hold records of other writers: each is decoded alone.
import type { SchemaCodec } from '../../../ports/codec.ts';
import type { EventLog } from '../../../ports/event-log.ts';
import { letterFault } from '../../../runtime/commit/letter-fault.ts';
import { OwnRecords } from '../../../runtime/own-records.ts';
import { NO_QUARANTINE } from '../../../runtime/quarantine/record-quarantine.ts';
import type { DeadLetterRecord } from '../../../runtime/records.ts';
import { rangesOf } from '../../../resilience/topic-ranges.ts';
import type { Topology } from '../../../topology/define.ts';
import { topicsOf } from '../../../topology/topics.ts';

export interface LetterChoice {
  /** Error codes; null for all. */
  readonly codes: ReadonlySet<string> | null;
  /** Only letters rejected at or after it, processing time, ms. */
  readonly sinceMs: number;
}

export function isChosen({ code, failedAtMs }: DeadLetterRecord, { codes, sinceMs }: LetterChoice): boolean {
  return (codes === null || codes.has(code)) && failedAtMs >= sinceMs;
}

/**
 * The letters that are chosen, each partition's in order; none if the topic does not exist yet.
 * @param foreign called for each record that is no dead letter
 */
export async function* readLetters(
  log: EventLog,
  codec: SchemaCodec,
  topology: Topology,
  choice: LetterChoice,
  foreign: () => void,
): AsyncGenerator<DeadLetterRecord> {
  const { deadLetters: topic, source } = topicsOf(topology);
  const { sinceMs } = choice;
  const decoder = await codec.decoder<DeadLetterRecord>(`${topic}-value`);
  const records = new OwnRecords(decoder, (letter) => letterFault(source, letter), NO_QUARANTINE);
  for (const [partition, { low, high }] of (await rangesOf(log, topic)).entries()) {
    const isBounded = Number.isFinite(sinceMs);
    const from = isBounded ? Math.max(low, await log.offsetForTime({ topic, partition }, sinceMs)) : low;
    for await (const raw of log.read(topic, partition, from, high)) {
      for (let row = 0; row < raw.count; row += 1) {
        const letter = await records.read(raw, row);
        if (letter === null) foreign();
        else if (isChosen(letter, choice)) yield letter;
      }
    }
  }
}
