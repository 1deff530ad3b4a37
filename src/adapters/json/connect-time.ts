// Instants as Kafka Connect writes them in JSON (hot path): numbers of a unit since 1970. Sources: io.debezium.time.Date,
// MicroTimestamp and NanoTimestamp.
import type { TimeUnit } from '../../core/columns.ts';
import { MS_PER_DAY } from '../../core/time.ts';
import { MINUS, NINE, ZERO } from './octets.ts';

/** Digits of a number of nanoseconds that are behind the millisecond. */
const NANO_DIGITS = 6;
const MICROS_PER_MS = 1_000;
const NANOS_PER_MS = 1e6;

/**
 * Whole milliseconds, rounded down as Avro's are; NaN if the number is none of the unit.
 * @param octets [from, to) are the number's text: nanoseconds have more digits than a Float64
 */
export function connectMs(
  unit: TimeUnit,
  value: number,
  octets: Uint8Array,
  from: number,
  to: number,
): number {
  switch (unit) {
    case 'ms':
      return Math.floor(value) + 0;
    case 'us':
      return Number.isSafeInteger(value) ? Math.floor(value / MICROS_PER_MS) + 0 : Number.NaN;
    case 'days':
      return Number.isInteger(value) ? value * MS_PER_DAY + 0 : Number.NaN;
    case 'ns':
      return Number.isSafeInteger(value) ? Math.floor(value / NANOS_PER_MS) + 0 : nanosMs(octets, from, to);
  }
}

function nanosMs(octets: Uint8Array, from: number, to: number): number {
  const isNegative = octets[from] === MINUS;
  const end = to - NANO_DIGITS;
  let ms = 0;
  let hasRest = false;
  for (let at = isNegative ? from + 1 : from; at < to; at++) {
    const octet = octets[at] as number;
    if (octet < ZERO || octet > NINE) return Number.NaN; // a fraction, or an exponent
    if (at < end) ms = ms * 10 + (octet - ZERO);
    else if (octet !== ZERO) hasRest = true;
  }
  if (!isNegative) return ms;
  return hasRest ? -ms - 1 : -ms + 0;
}

/** The text of the number that an instant is; null if it is none of the unit (control path). */
export function connectTimeText(unit: TimeUnit, ms: number): string | null {
  if (!Number.isSafeInteger(ms)) return null;
  switch (unit) {
    case 'ms':
      return String(ms);
    case 'us':
      return Number.isSafeInteger(ms * MICROS_PER_MS) ? String(ms * MICROS_PER_MS) : null;
    case 'ns':
      return ms === 0 ? '0' : `${ms}000000`;
    case 'days':
      return ms % MS_PER_DAY === 0 ? String(ms / MS_PER_DAY) : null;
  }
}
