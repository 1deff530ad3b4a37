// Valid and invalid declarations of aggregates.
import t from 'tap';
import {
  count,
  decayedCount,
  defineAggregate,
  distinct,
  ewma,
  histogram,
  lastK,
  mean,
  quantiles,
  sliding,
  std,
  sum,
  topK,
  type AggregateDefinition,
  type AggregateInput,
} from '../../src/index.ts';
import { partsOf, problemsOf, problemText } from '../../src/core/definition.ts';

const over = sliding(100);
const plain = {
  name: 'plain',
  input: 'number',
  width: 1,
  add: () => undefined,
  merge: () => undefined,
  read: () => 0,
} as const satisfies AggregateDefinition;

t.test('a declaration lists the columns that it reads', async (t) => {
  t.same(mean('amount', { over, where: { type: 'order' } }).reads, ['amount: number', 'type: string']);
  t.same(count({ over }).reads, []);
  const ofInput = <I extends AggregateInput>(input: I): AggregateDefinition<I> => ({ ...plain, input });
  t.same(defineAggregate(ofInput('string'))('card', { over }).reads, ['card: string']);
  t.same(defineAggregate(ofInput('any'))('card', { over }).reads, ['card: any']);
});

t.test('equal parameters result in the same definition, other parameters in another', async (t) => {
  const power = defineAggregate(({ exponent }: { exponent: number }) => ({
    ...plain,
    name: 'power',
    read: () => exponent,
  }));
  const two = power('v', { over, exponent: 2 });
  t.equal(power('w', { exponent: 2, over, where: { type: 'x' } }).definition, two.definition);
  t.equal(two.parameters, '{"exponent":2}');
  const infinite = power('v', { over, exponent: Number.POSITIVE_INFINITY });
  t.not(infinite.definition, power('v', { over, exponent: Number.NEGATIVE_INFINITY }).definition);
  t.equal(mean('v', { over }).parameters, '{}');
});

t.test('invalid aggregates', async (t) => {
  const invalid = (message: RegExp): { code: string; message: RegExp } => ({
    code: 'TOPOLOGY_INVALID',
    message,
  });
  t.throws(() => defineAggregate({ ...plain, name: 'No Name' }), invalid(/'No Name' has an invalid name/));
  t.throws(() => defineAggregate({ ...plain, width: 0 }), invalid(/0 slots wide/));
  t.throws(() => defineAggregate({ ...plain, width: 4_097 }), invalid(/Use 1 to 4096 slots/));
  // Calls from untyped code.
  t.throws(() => defineAggregate({ ...plain, input: 'date' as 'number' }), invalid(/takes 'date'/));
});

t.test('what makes no sense in a declaration is a problem of the topology', async (t) => {
  const problems = (aggregate: object): string =>
    partsOf(aggregate, 'x').flatMap(problemsOf).map(problemText).join('\n');
  t.match(problems(sum(...([{ over }] as unknown as Parameters<typeof sum>))), "'sum': it needs a column");
  t.match(
    problems(decayedCount(...(['v', { over, halfLifeMs: 1 }] as unknown as Parameters<typeof decayedCount>))),
    'it aggregates events',
  );
  t.match(problems(sum('v', {} as { over: typeof over })), 'x.over: the aggregate');
  const misspelt = sum('v', { over, whre: { type: 'x' } } as { over: typeof over });
  t.match(partsOf(misspelt, 'sum').flatMap(problemsOf), [
    { path: 'sum.whre', what: "there is no option 'whre'; did you mean 'where'?" },
  ]);
  t.match(problems(sum('v', { over, clip: [2, 1] })), 'it clips to [2, 1]');
  t.match(problems(sum('v', { over, clip: [Number.NaN, 1] })), 'it clips to');
  const hashed = defineAggregate({ ...plain, input: 'string' });
  t.match(problems(hashed('v', { over, clip: [0, 1] })), 'it takes strings');
  t.equal(problems(sum('v', { over, clip: [0, 1] })), '');
});

t.test('parameters of built-in aggregates are checked', async (t) => {
  const problems = (aggregate: object): string =>
    partsOf(aggregate, 'x').flatMap(problemsOf).map(problemText).join('\n');
  t.match(problems(ewma('v', { over, halfLifeMs: -1 })), 'x.halfLifeMs: -1 is not a duration');
  t.match(
    problems(ewma('v', { over } as { over: typeof over; halfLifeMs: number })),
    'x.halfLifeMs: it is missing',
  );
  t.match(problems(distinct('v', { over, error: 2 })), 'x.error: 2 is no number from');
  const misspelt = { over, eror: 0.1 };
  t.match(problems(distinct('v', misspelt)), "there is no option 'eror'; did you mean 'error'?");
  t.match(problems(lastK('v', { over, k: 65 })), 'x.k: 65 is no whole number, from 1 to 64');
  t.match(problems(topK('v', { over, k: 0 })), 'x.k: 0 is no whole number');
  t.match(
    problems(histogram('v', { over, bins: [2, 1] })),
    'x.bins: [2, 1] is no list of 1 to 64 ascending numbers',
  );
  t.match(problems(quantiles('v', { over, at: {} })), 'x.at: it names no quantile');
  t.match(problems(quantiles('v', { over, at: { p: 2 } })), "x.at: 'p': 2 is no number from 0 to 1");
  t.match(problems(lastK(...([{ over, k: 1 }] as unknown as Parameters<typeof lastK>))), 'it needs a column');
  t.equal(problems(quantiles('v', { over, at: { p: 1 } })), '');
});

t.test('features of a vector share one accumulator', async (t) => {
  const { p50, p99 } = quantiles('v', { over, at: { p50: 0.5, p99: 0.99 } }).parts;
  t.equal(p50.definition.add, p99.definition.add);
  t.not(p50.definition.read, p99.definition.read);
});

t.test('mean and std share the functions of one accumulator', async (t) => {
  const [a, b] = [mean('v', { over }).definition, std('v', { over }).definition];
  t.equal(a.add, b.add);
  t.equal(a.merge, b.merge);
  t.not(a.read, b.read);
});
