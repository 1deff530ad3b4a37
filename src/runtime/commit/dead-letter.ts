// A dead letter as a record of its topic (hot path for rejected events). One that is too large for the topic keeps the head
// of the event's key and value, their lengths and hashes: with its position they identify the event, wherever it is read.
import { createHash } from 'node:crypto';
import { predictionId as recordId } from '../../core/blocks.ts';
import { DEAD_LETTER_HEAD_BYTES_MAX, DEAD_LETTER_MESSAGE_LENGTH_MAX } from '../../core/dead-letter-limits.ts';
import { remedyOf } from '../../core/remedies.ts';
import { recordBytes } from '../../core/record-bytes.ts';
import { redacted } from '../../core/secrets.ts';
import type { RecordEncoder } from '../../ports/codec.ts';
import type { LogRecord } from '../../ports/event-log.ts';
import type { CutBytes, DeadLetterRecord } from '../records.ts';
import { SOURCE_HEADER } from './source-header.ts';

/** Headers of a dead letter that lacks bytes of its event; the value's field `cut` says the same. */
const HEADERS = {
  source: SOURCE_HEADER,
  keyBytes: 'millrace-key-bytes',
  keySha256: 'millrace-key-sha256',
  valueBytes: 'millrace-value-bytes',
  valueSha256: 'millrace-value-sha256',
} as const;

/** @param bytesMax of a record of the topic */
export function deadLetterRecord(
  encoder: RecordEncoder<DeadLetterRecord>,
  letter: Omit<DeadLetterRecord, 'cut' | 'remedy'>,
  bytesMax: number,
): LogRecord {
  const message = redacted(letter.message).slice(0, DEAD_LETTER_MESSAGE_LENGTH_MAX);
  const whole = recordOf(encoder, { ...letter, message, cut: null });
  if (recordBytes(whole) <= bytesMax) return whole;
  const cut = cutOf(letter);
  let record = whole;
  for (let headBytes = DEAD_LETTER_HEAD_BYTES_MAX; headBytes >= 1; headBytes >>= 1) {
    const heads = { key: headOf(letter.key, headBytes >> 3), value: headOf(letter.value, headBytes) };
    record = recordOf(encoder, { ...letter, ...heads, message, cut });
    if (recordBytes(record) <= bytesMax) return record;
  }
  return record; // smaller than any topic can be that works at all
}

function recordOf(
  encoder: RecordEncoder<DeadLetterRecord>,
  letter: Omit<DeadLetterRecord, 'remedy'>,
): LogRecord {
  const { key, failedAtMs, cut, code } = letter;
  const record = {
    key,
    value: encoder.encode({ ...letter, remedy: remedyOf(code) }),
    timestampMs: failedAtMs,
  };
  return cut === null ? record : { ...record, headers: headersOf(letter, cut) };
}

function headersOf(
  place: Pick<DeadLetterRecord, 'topic' | 'partition' | 'offset'>,
  cut: CutBytes,
): Record<string, string> {
  return {
    [HEADERS.source]: recordId(place, place.offset),
    [HEADERS.keyBytes]: String(cut.keyBytes),
    [HEADERS.keySha256]: cut.keySha256,
    [HEADERS.valueBytes]: String(cut.valueBytes),
    [HEADERS.valueSha256]: cut.valueSha256,
  };
}

/** The lengths and hashes of an event's bytes. */
export function cutOf({ key, value }: Pick<DeadLetterRecord, 'key' | 'value'>): CutBytes {
  return {
    keyBytes: key?.length ?? 0,
    keySha256: sha256(key),
    valueBytes: value?.length ?? 0,
    valueSha256: sha256(value),
  };
}

function headOf(bytes: Buffer | null, length: number): Buffer | null {
  return bytes === null ? null : bytes.subarray(0, length);
}

function sha256(bytes: Buffer | null): string {
  return createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
}
