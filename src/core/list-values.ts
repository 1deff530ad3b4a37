// The lists of columns in objects (control path): of JSON that was parsed, and of the rows of files.
import { UnionValue, valueAlong } from './file-values.ts';
import type { ListPath } from './list-path.ts';

/**
 * What a column of lists has of the array, or the object, at its path: null for null, undefined for what is neither.
 * Items that lack what the path names have null there.
 */
export function listIn(
  given: unknown,
  { part, inner }: Pick<ListPath, 'part' | 'inner'>,
): unknown[] | null | undefined {
  const value = given instanceof UnionValue ? given.value : given;
  if (value === null || value === undefined) return null;
  if (part === 'items') return Array.isArray(value) ? value.map((item) => valueIn(item, inner)) : undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  const entries: ReadonlyArray<readonly [unknown, unknown]> =
    value instanceof Map ? [...value] : Object.entries(value);
  return entries.map(([key, one]) => (part === 'keys' ? key : valueIn(one, inner)));
}

function valueIn(item: unknown, path: readonly string[]): unknown {
  return valueAlong(item, path) ?? null;
}
