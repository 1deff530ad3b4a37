// A dead letter that has the heads of its event's bytes alone, with all of them (control path): the source topic has the
// event at its position, for as long as it retains it.
import { createHash } from 'node:crypto';
import type { EventLog } from '../../../ports/event-log.ts';
import type { DeadLetterRecord } from '../../../runtime/records.ts';

/** The letter as it is if the source no longer has the event, or another one there. */
export async function wholeLetter(log: EventLog, letter: DeadLetterRecord): Promise<DeadLetterRecord> {
  const { cut, topic, partition, offset } = letter;
  if (cut === null) return letter;
  try {
    for await (const raw of log.read(topic, partition, offset, offset + 1)) {
      const key = raw.keys.at(0);
      const value = raw.values.at(0);
      if (sha256(key) === cut.keySha256 && sha256(value) === cut.valueSha256)
        return { ...letter, key, value, cut: null };
    }
  } catch {
    // Retention has passed the event, or the topic is gone: the letter stays.
  }
  return letter;
}

function sha256(bytes: Buffer | null): string {
  return createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
}
