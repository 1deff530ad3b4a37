// JSON that is equal for equal values (control path): what keys and fingerprints of declarations are made of.
import { MillraceError } from './errors.ts';

function plain(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    throw new MillraceError('TOPOLOGY_INVALID', `a parameter is a ${typeof value}`, {
      where: key,
      remedy: 'Use numbers, strings, booleans, arrays and objects of them.',
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * JSON with the keys of objects in order, and NaN and the infinities as strings.
 * @throws MillraceError TOPOLOGY_INVALID for a value that is not plain data
 */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, plain);
}
