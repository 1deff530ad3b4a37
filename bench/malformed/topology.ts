// What the damaged events go through (control path): the standard job behind a contract that leaves nothing to chance. A
// flipped bit may change a value: whatever is in its range is as good as any.
import {
  contract,
  count,
  defineTopology,
  features,
  mean,
  minutes,
  numeric,
  range,
  required,
  score,
  seconds,
  sliding,
  view,
  watermarks,
  type Topology,
} from '../../src/index.ts';

export const PARTITIONS = 4;
export const TIME_MIN: number = Date.UTC(2026, 0, 1);
export const TIME_MAX: number = TIME_MIN + minutes(5);
export const VALUE_MAX = 100;
export const QUANTITY_MAX = 9;

const over = { over: sliding(minutes(1), seconds(10)) };

export const malformedTopology: Topology = defineTopology({
  name: 'malformed',
  source: { topic: 'ticks', eventTime: 'time', partitions: PARTITIONS },
  stages: [
    contract('contract', [
      required('value'),
      range('value', 0, VALUE_MAX),
      range('quantity', 0, QUANTITY_MAX),
      range('time', TIME_MIN, TIME_MAX),
    ]),
    // A flipped bit may move an event to the end of that time: nothing after it may be late.
    watermarks('watermarks', { allowedLatenessMs: TIME_MAX - TIME_MIN }),
    features('features', {
      when: {},
      fields: { value: numeric('value'), quantity: numeric('quantity') },
      views: { key: view(['key'], { count: count(over), mean: mean('value', over) }) },
    }),
    score('score', { key: 'id', fallback: 0.5 }),
  ],
});
