// Masks of predicates compared with a check of each row.
import fc from 'fast-check';
import t from 'tap';
import { above, atLeast, atMost, below, type Conditions } from '../../src/index.ts';
import { describePredicate, MaskSet, openPredicate } from '../../src/operators/predicate.ts';
import { withRows } from '../../src/operators/rows.ts';
import { FakeTelemetry, RowBatches, type Row } from '../../src/testing/index.ts';
import { holds } from '../../src/window/predicate.ts';

const schema = {
  type: { kind: 'string', nullable: true },
  amount: { kind: 'number', nullable: true },
  at: { kind: 'number', nullable: true },
} as const;

function isTrue(predicate: Conditions, row: Row): boolean {
  return Object.entries(predicate).every(([column, condition]) => {
    const value = row[column] ?? null;
    if (typeof condition === 'string') return value === condition;
    if (typeof condition === 'boolean') return value === Number(condition);
    if ('op' in condition) return typeof value === 'number' && holds(condition, value);
    return typeof value === 'string' && condition.includes(value);
  });
}

const context = {
  topology: 'test',
  stage: 'masks',
  telemetry: new FakeTelemetry(),
  reject: () => undefined,
};

const word = fc.constantFrom('a', 'b', 'c', 'never met');
const numberTest = fc
  .tuple(fc.constantFrom(above, atLeast, atMost, below), fc.integer({ min: -2, max: 2 }))
  .map(([make, value]) => make(value));
const predicateArbitrary: fc.Arbitrary<Conditions> = fc.record(
  { type: fc.oneof(word, fc.array(word, { maxLength: 3 })), amount: fc.oneof(numberTest, fc.boolean()) },
  { requiredKeys: [] },
);
const rowArbitrary = fc.record({
  type: fc.constantFrom('a', 'b', 'c', null),
  amount: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(null)),
  at: fc.constant(0),
});

t.test('property: a mask is 1 if all conditions hold', async (t) => {
  fc.assert(
    fc.property(
      fc.array(predicateArbitrary, { minLength: 1, maxLength: 4 }),
      fc.array(fc.array(rowArbitrary, { maxLength: 20 }), { maxLength: 4 }),
      (predicates, batches) => {
        const masks = new MaskSet(predicates, context);
        const made = new RowBatches(schema, 'at');
        for (const rows of batches) {
          masks.fill(made.next(rows));
          for (const [p, predicate] of predicates.entries()) {
            if (rows.some((row, i) => masks.masks[p]?.[i] !== Number(isTrue(predicate, row)))) return false;
          }
        }
        return true;
      },
    ),
    { seed: 5, numRuns: 400 },
  );
  t.pass();
});

t.test('dropped rows are ignored', async (t) => {
  const batch = new RowBatches(schema, 'at').next([
    { type: 'a', amount: 1, at: 0 },
    { type: 'b', amount: 1, at: 0 },
    { type: 'a', amount: 1, at: 0 },
  ]);
  const mask = new Uint8Array(3);
  openPredicate({ type: 'a' }, 'test')(withRows(batch, Int32Array.of(1, 2)), mask, new Map());
  t.same([mask[1], mask[2]], [0, 1]);
});

t.test('the description of a predicate', async (t) => {
  t.equal(
    describePredicate({ type: ['a', 'b'], amount: above(3), at: 'x' }),
    'type = a or b and amount > 3 and at = x',
  );
  t.equal(describePredicate({ amount: atMost(3), at: below(1) }), 'amount <= 3 and at < 1');
  t.equal(describePredicate({ amount: true }), 'amount = true');
});
