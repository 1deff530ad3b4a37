// JSON that returns every number as it was (control path): JSON itself writes NaN and the infinities as null, and -0 as 0.

/** The one key of an object that stands for a number that JSON cannot write. */
const NUMBER = '$number';

const SPECIAL: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

function writable(_key: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  if (Object.is(value, -0)) return { [NUMBER]: '-0' };
  return Number.isFinite(value) ? value : { [NUMBER]: String(value) };
}

function readable(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !(NUMBER in value)) return value;
  return SPECIAL.get(value[NUMBER]) ?? value;
}

/**
 * JSON from which `parseExactJson` restores every number: NaN, the infinities and -0 become `{"$number":"NaN"}`. Equal to
 * JSON.stringify for values without any.
 */
export function exactJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, writable, indent);
}

/** Reads what `exactJson`, or any other writer of JSON, has written. @throws SyntaxError on text that is not JSON */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, readable);
}
