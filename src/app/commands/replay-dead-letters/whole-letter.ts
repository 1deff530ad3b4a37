// A dead letter that has the heads of its event's bytes alone, with all of them (control path): the source topic has the
// event at its position, for as long as it retains it.
import type { EventLog } from '../../../ports/event-log.ts';
import { cutOf } from '../../../runtime/commit/dead-letter.ts';
import type { RecordOpener } from '../../../runtime/personal/record-seal.ts';
import type { DeadLetterRecord } from '../../../runtime/records.ts';

/**
 * The letter as it is if the source no longer has the event, or another one there.
 * @param opener seals the event again, to compare it with a letter that is sealed
 */
export async function wholeLetter(
  log: EventLog,
  letter: DeadLetterRecord,
  opener: RecordOpener | null = null,
): Promise<DeadLetterRecord> {
  const { cut, topic, partition, offset } = letter;
  if (cut === null) return letter;
  try {
    for await (const raw of log.read(topic, partition, offset, offset + 1)) {
      const key = raw.keys.at(0);
      const value = raw.values.at(0);
      const { keySha256, valueSha256 } = cutOf(opener?.sealedAgain(letter, { key, value }) ?? { key, value });
      if (keySha256 === cut.keySha256 && valueSha256 === cut.valueSha256)
        return { ...letter, key, value, cut: null };
    }
  } catch {
    // Retention has passed the event, or the topic is gone: the letter stays.
  }
  return letter;
}
