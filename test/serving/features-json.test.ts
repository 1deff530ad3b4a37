// Features that were read, as JSON: no value that is there looks like one that is not.
import t from 'tap';
import { featuresJson } from '../../src/serving/features-json.ts';

t.test('infinite values are strings, missing ones null', async (t) => {
  const facts = {
    statuses: ['present', 'present', 'present', 'null'],
    eventTimeMs: [1, 1, 1, 1],
    freshnessMs: [2, 2, 2, 2],
  } as const;
  const reply = {
    features: ['a', 'b', 'c', 'd'],
    results: [{ ...facts, values: [1.5, Infinity, -Infinity, null] }],
    partitions: [{ partition: 0, offset: 9, watermarkMs: null }],
  };
  t.strictSame(JSON.parse(JSON.stringify(featuresJson(reply))), {
    ...reply,
    results: [{ ...facts, values: [1.5, 'Infinity', '-Infinity', null] }],
  });
});
