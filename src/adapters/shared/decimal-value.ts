// Decimals of files as text, of which no digit is lost (control path).
import { scaledText } from '../../core/exact-values.ts';
import { DECIMAL_BYTES_MAX } from '../../core/event-limits.ts';

/** The text of a decimal, which every column takes that takes a number; anything else as it is. */
export function decimalValue(value: unknown, scale: number): unknown {
  const isBytes = value instanceof Uint8Array && value.length <= DECIMAL_BYTES_MAX;
  const unscaled = isBytes ? complement(value) : value;
  if (typeof unscaled !== 'number' && typeof unscaled !== 'bigint') return value;
  return scaledText(unscaled, scale);
}

/** Two's complement, the highest byte first. */
function complement(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}
