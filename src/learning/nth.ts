// Checked indexing (control path).
import { invariant } from '../core/errors.ts';

/** The i-th of `values`, which is there: a broken assumption of ours where it is not. */
export function nth<T>(values: readonly T[] | undefined, i: number): T {
  const value = values?.at(i);
  invariant(value !== undefined, `there is an item ${i} of ${values?.length ?? 0}`);
  return value;
}
