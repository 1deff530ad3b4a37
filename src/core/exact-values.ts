// Values of the columns in which no digit may be lost, from what JSON and files have (control path).
import { DecimalText, isBase64, isInt64Text } from './decimal-text.ts';

/** For one value at a time. */
const decimalText = new DecimalText();

/** The digits of a 64-bit integer; null for what is none, or a number that may have lost some. */
export function int64Of(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null;
  const text = typeof value === 'bigint' ? String(value) : value;
  if (typeof text !== 'string') return null;
  const octets = Buffer.from(text);
  return isInt64Text(octets, 0, octets.length) ? text : null;
}

/** Whether a value is text in base64. */
export function isBase64Text(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const octets = Buffer.from(value);
  return isBase64(octets, 0, octets.length);
}

/** A number, or the one in a text; NaN for another value, or if it is beyond a Float64. */
export function decimalOf(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN;
  if (!isScanned(value)) return Number.NaN;
  const nearest = decimalText.nearest();
  return Number.isFinite(nearest) ? nearest : Number.NaN;
}

/** A number, or the one in a text, times 10^digits; NaN for another value, or if that is no integer below 2^53. */
export function scaledOf(value: unknown, digits: number): number {
  return isScanned(value) ? decimalText.scaled(digits) : Number.NaN;
}

function isScanned(value: unknown): boolean {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return false;
  const octets = Buffer.from(String(value));
  return decimalText.scan(octets, 0, octets.length);
}

/** The inverse of `scaledOf`: 1250 with two digits is `12.50`. */
export function scaledText(value: number | bigint, digits: number): string {
  const whole = String(value < 0 ? -value : value).padStart(digits + 1, '0');
  const text = digits === 0 ? whole : `${whole.slice(0, -digits)}.${whole.slice(-digits)}`;
  return value < 0 ? `-${text}` : text;
}
