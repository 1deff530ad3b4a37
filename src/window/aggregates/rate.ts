// Events a second.
import type { EventAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';
import { counter } from './count.ts';

/** Events a second over the whole window; 0 in an empty one. */
export const rate: EventAggregate = defineAggregate({
  ...counter,
  name: 'rate',
  input: 'none',
  read: (slab, at, _timeMs, seconds) => (slab[at] as number) / seconds,
});
