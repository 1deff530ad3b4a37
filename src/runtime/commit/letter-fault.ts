// What a dead letter of a topology cannot be (control path).
import { PARTITIONS_MAX } from '../../core/topology-limits.ts';
import { isInstant } from '../../core/time.ts';
import type { RecordFault } from '../../ports/quarantine.ts';
import { outOfRange } from '../own-records.ts';
import type { DeadLetterRecord } from '../records.ts';

/** Codes of later versions pass: they are only shown and counted. */
const CODE = /^[A-Z][A-Z_]{0,63}$/;

/** What no engine writes as a dead letter of the source; null if one can have written it. */
export function letterFault(source: string, letter: DeadLetterRecord): RecordFault | null {
  const { topic, partition, offset, timestampMs, failedAtMs, code, cut } = letter;
  if (topic !== source) return { reason: 'foreign', detail: `it is of the topic ${JSON.stringify(topic)}` };
  if (!(partition >= 0 && partition < PARTITIONS_MAX)) return outOfRange(`it is of partition ${partition}`);
  if (!(offset >= 0)) return outOfRange(`it is of offset ${offset}`);
  if (!isInstant(timestampMs) || !isInstant(failedAtMs)) return outOfRange('one of its times is no instant');
  if (!CODE.test(code)) return outOfRange('its code is none');
  return cut !== null && !(cut.keyBytes >= 0 && cut.valueBytes >= 0)
    ? outOfRange('a length is negative')
    : null;
}
