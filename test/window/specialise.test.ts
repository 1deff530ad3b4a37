// The functions that are generated for a list of accumulators.
import t from 'tap';
import { defineAggregate, sliding, type Aggregate, type AggregateDefinition } from '../../src/index.ts';
import { SlabAggregates } from '../../src/window/window-aggregates.ts';
import { ViewInputs } from '../../src/window/view-inputs.ts';

const over = sliding(1_000);

/** Records the arguments of its calls. */
function recorder(
  name: string,
  width: number,
): { definition: AggregateDefinition<'number'>; calls: unknown[] } {
  const calls: unknown[] = [];
  const definition: AggregateDefinition<'number'> = {
    name,
    input: 'number',
    width,
    add: (_slab, ...args) => void calls.push(['add', ...args]),
    merge: (_to, a, _from, b) => void calls.push(['merge', a, b]),
    read: (_slab, ...args) => calls.push(['read', ...args]),
  };
  return { definition, calls };
}

function open(aggregates: readonly Aggregate[]): { set: SlabAggregates; inputs: ViewInputs } {
  const inputs = new ViewInputs();
  const features = aggregates.map((aggregate, feature) => ({ aggregate, feature }));
  return { set: new SlabAggregates(features, inputs), inputs };
}

t.test('each function gets its slots, its value and the rows of its predicate', async (t) => {
  const [a, b] = [recorder('a', 2), recorder('b', 3)];
  const { set, inputs } = open([
    defineAggregate(a.definition)('v', { over, clip: [-1, Number.POSITIVE_INFINITY] }),
    defineAggregate(b.definition)('v', { over, where: { type: 'x' } }),
  ]);
  t.equal(set.width, 5);
  t.same(inputs.predicates, [{}, { type: 'x' }]);
  t.same(inputs.columns, [{ name: 'v', input: 'number' }]);
  inputs.bind([Uint8Array.of(1, 1, 0, 0), Uint8Array.of(0, 1, 1, 0)], [Float64Array.of(-5, 4, 1e21, 6)]);
  const slab = new Float64Array(20);
  for (let row = 0; row < 4; row++) set.add(slab, 10, row, row);
  t.same(a.calls.splice(0), [
    ['add', 10, -1, 0],
    ['add', 10, 4, 1],
  ]);
  t.same(b.calls.splice(0), [
    ['add', 12, 4, 1],
    ['add', 12, 1e21, 2],
  ]);
  t.same(
    [0, 1, 2, 3].map((row) => set.takes(row)),
    [true, true, true, false],
  );
  set.merge(slab, 0, slab, 5);
  t.same([a.calls.splice(0), b.calls.splice(0)], [[['merge', 0, 5]], [['merge', 2, 7]]]);
  const out = new Float32Array(4);
  set.read(slab, 5, 99, 60, out, 2);
  t.same([a.calls, b.calls], [[['read', 5, 99, 60]], [['read', 7, 99, 60]]]);
  t.same([...out], [0, 0, 1, 1], 'the results of the functions, at the position of each feature');
});

t.test('null is not added to an aggregate of a column', async (t) => {
  const { definition, calls } = recorder('a', 1);
  const { set, inputs } = open([defineAggregate(definition)('v', { over })]);
  inputs.bind([Uint8Array.of(1, 1)], [Float64Array.of(Number.NaN, 0)]);
  for (const row of [0, 1]) set.add(new Float64Array(1), 0, row, 5);
  t.same(calls, [['add', 0, 0, 5]]);
  t.ok(set.takes(0), 'the event is still counted');
});

t.test('names from a topology are not part of the code', async (t) => {
  const { definition } = recorder('quote', 1);
  const column = "'); throw new Error('executed'); ('";
  const { set, inputs } = open([
    defineAggregate(definition)(column, { over, where: { [column]: '`${process.exit(1)}`' } }),
  ]);
  inputs.bind([Uint8Array.of(1)], [Float64Array.of(1)]);
  set.add(new Float64Array(1), 0, 0, 0);
  t.notMatch(set.add.toString(), /executed|process/);
});

t.test('partitions share compiled code, other functions do not', async (t) => {
  const { definition } = recorder('a', 1);
  const aggregate = defineAggregate(definition)('v', { over });
  const [a, b] = [open([aggregate]).set, open([aggregate]).set];
  t.not(a.add, b.add, 'each is bound to its own input');
  const other = recorder('b', 1);
  const { set, inputs } = open([defineAggregate(other.definition)('v', { over })]);
  t.equal(a.add.toString(), set.add.toString());
  inputs.bind([Uint8Array.of(1)], [Float64Array.of(2)]);
  set.add(new Float64Array(1), 0, 0, 0);
  t.same(other.calls, [['add', 0, 2, 0]]);
});
