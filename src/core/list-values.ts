// The lists of columns in objects (control path): of JSON that was parsed, and of the rows of files.
import type { ListPath } from './list-path.ts';

/**
 * What a column of lists has of the array, or the object, at its path: null for null, undefined for what is neither.
 * Items that lack what the path names have null there.
 */
export function listIn(
  value: unknown,
  { part, inner }: Pick<ListPath, 'part' | 'inner'>,
): unknown[] | null | undefined {
  if (value === null || value === undefined) return null;
  if (part === 'items') return Array.isArray(value) ? value.map((item) => valueIn(item, inner)) : undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  const entries: ReadonlyArray<readonly [unknown, unknown]> =
    value instanceof Map ? [...value] : Object.entries(value);
  return entries.map(([key, one]) => (part === 'keys' ? key : valueIn(one, inner)));
}

function valueIn(item: unknown, path: readonly string[]): unknown {
  let value = item;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
    value = (value as Readonly<Record<string, unknown>>)[name]; // it has it
  }
  return value ?? null;
}
