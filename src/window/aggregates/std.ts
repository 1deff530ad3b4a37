// The standard deviation of a column.
import { momentsDeviation } from '../../core/moments.ts';
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';
import { moments } from './moments.ts';

/** Sample standard deviation (n - 1) of the values that are not null; NaN below two, and where one is infinite. */
export const std: NumberAggregate = defineAggregate({
  ...moments,
  name: 'std',
  input: 'number',
  read: momentsDeviation,
});
