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

/** The value with the numbers that `writable` wrote, in place: a reviver costs ten times as much. */
function readable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (NUMBER in value && SPECIAL.has(value[NUMBER])) return SPECIAL.get(value[NUMBER]);
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) value[i] = readable(value[i]);
  else {
    const members = value as Record<string, unknown>; // an object of JSON
    for (const key of Object.keys(members))
      if (typeof members[key] === 'object') members[key] = readable(members[key]);
  }
  return value;
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
  const value: unknown = JSON.parse(text);
  return text.includes(NUMBER) ? readable(value) : value;
}
