import fc from 'fast-check';
import t from 'tap';
import { joinKey } from '../../src/operators/joined-key.ts';

t.test('a single value is the key, several are joined, and the separator is escaped', async (t) => {
  t.equal(joinKey(['a|b\\']), 'a|b\\');
  t.equal(joinKey(['UA', 'N14228']), 'UA|N14228');
  t.equal(joinKey(['a|b', 'c\\d']), 'a\\|b|c\\\\d');
});

t.test('property: different values have different keys', async (t) => {
  const value = fc.string({ unit: fc.constantFrom('a', '|', '\\'), maxLength: 4 });
  const pair = fc.integer({ min: 1, max: 3 }).chain((count) => {
    const values = fc.array(value, { minLength: count, maxLength: count });
    return fc.tuple(values, values);
  });
  fc.assert(
    fc.property(pair, ([one, other]) => (joinKey(one) === joinKey(other)) === (one.join() === other.join())),
    { seed: 3, numRuns: 20_000 },
  );
  t.pass();
});
