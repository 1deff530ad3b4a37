// The variance of a column.
import { momentsVariance } from '../../core/moments.ts';
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';
import { moments } from './moments.ts';

/** Sample variance (n - 1) of the values that are not null; NaN below two, and where one is infinite. */
export const variance: NumberAggregate = defineAggregate({
  ...moments,
  name: 'variance',
  input: 'number',
  read: momentsVariance,
});
