// Checked indexing (control path).
import { invariant } from '../core/errors.ts';

/** The i-th value. @throws INVARIANT if there is none */
export function nth<T>(values: readonly T[] | undefined, i: number): T {
  const value = values?.at(i);
  invariant(value !== undefined, `there is an item ${i} of ${values?.length ?? 0}`);
  return value;
}
