// The latest values of a column as a list of features.
import { required, whole } from '../../core/option-checks.ts';
import { categoryOfHash } from '../../core/string-hash.ts';
import type { NumberVector, StringVector } from '../aggregate.ts';
import { defineVector } from '../define-vector.ts';
import { identity, latestValues, LIST_MAX } from './latest-values.ts';

export interface LastKOptions {
  /** How many values, 1 to 64. */
  readonly k: number;
}

type ListPart = `${number}` | 'dropped';

const checks = { k: required(whole(1, LIST_MAX), '3') };

/**
 * The k latest values that are not null, by event time (the later offset first where times are equal): features `<name>_1`,
 * the latest, to `<name>_<k>`, NaN beyond the last, and `<name>_dropped`, the number of older values in the window.
 */
export const lastK: NumberVector<LastKOptions, ListPart> = defineVector({
  name: 'last-k',
  input: 'number',
  checks,
  make: ({ k }: LastKOptions) => latestValues(k, false, identity),
});

/** `lastK` of a string column, as the codes that categorical features have. */
export const lastKCategories: StringVector<LastKOptions, ListPart> = defineVector({
  name: 'last-k-categories',
  input: 'string',
  checks,
  make: ({ k }: LastKOptions) => latestValues(k, false, categoryOfHash),
});

/**
 * The k distinct values that came last, by the latest event of each: features as of `lastK`; `<name>_dropped` is the number of
 * values in the window that are not the latest of a listed one.
 */
export const distinctLastK: NumberVector<LastKOptions, ListPart> = defineVector({
  name: 'distinct-last-k',
  input: 'number',
  checks,
  make: ({ k }: LastKOptions) => latestValues(k, true, identity),
});

/** `distinctLastK` of a string column, as the codes that categorical features have. */
export const distinctLastKCategories: StringVector<LastKOptions, ListPart> = defineVector({
  name: 'distinct-last-k-categories',
  input: 'string',
  checks,
  make: ({ k }: LastKOptions) => latestValues(k, true, categoryOfHash),
});
