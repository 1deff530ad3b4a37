// Checks of the shape of data that others may have written (control path): each says what is wrong, as a clause.
import { isInstant } from './time.ts';

/** What is wrong with a value, as a clause; null if nothing is. */
export type Check = (value: unknown) => string | null;

export const text: Check = (value) => (typeof value === 'string' ? null : 'is no text');
export const textOrNull: Check = (value) => (value === null ? null : text(value));
export const number: Check = (value) => (typeof value === 'number' ? null : 'is no number');
export const instant: Check = (value) =>
  typeof value === 'number' && isInstant(value) ? null : 'is no instant';
export const flag: Check = (value) => (typeof value === 'boolean' ? null : 'is neither true nor false');
export const record: Check = (value) => (isObject(value) ? null : 'is no object');

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function oneOf(...names: readonly string[]): Check {
  return (value) =>
    typeof value === 'string' && names.includes(value) ? null : `is none of ${names.join()}`;
}

export function object(fields: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (!isObject(value)) return 'is no object';
    for (const [name, check] of Object.entries(fields)) {
      const problem = check(value[name]);
      if (problem !== null) return `has a field '${name}' that ${problem}`;
    }
    return null;
  };
}

export function list(item: Check, lengthMax: number = Number.POSITIVE_INFINITY): Check {
  return (value) => {
    if (!Array.isArray(value)) return 'is no list';
    if (value.length > lengthMax) return `has ${value.length} items`;
    for (const one of value) if (item(one) !== null) return `has an item that ${item(one)}`;
    return null;
  };
}

export function valuesOf(check: Check): Check {
  return (value) => (isObject(value) ? list(check)(Object.values(value)) : 'is no object');
}

export const numberOrNull: Check = (value) => (value === null ? null : number(value));
/** One of the kinds of a feature. */
export const featureKind: Check = oneOf('numeric', 'categorical');
