// Expressions compared with a calculation row by row, with null as SQL has it.
import fc from 'fast-check';
import t from 'tap';
import {
  abs,
  add,
  allOf,
  anyOf,
  bins,
  ceil,
  coalesce,
  defineTopology,
  derive,
  divide,
  equal,
  exp,
  features,
  floor,
  greater,
  greaterEqual,
  greatest,
  hourOf,
  isNull,
  least,
  less,
  lessEqual,
  log,
  log1p,
  multiply,
  not,
  notEqual,
  numberFrom,
  numeric,
  power,
  round,
  sqrt,
  subtract,
  text,
  when,
  zScore,
  type Expression,
} from '../../../src/index.ts';
import { computed } from '../../support/computed.ts';

type Maybe = number | null;
type Number = Expression<string, 'number' | 'boolean'>;
interface Case {
  readonly expression: Number;
  readonly oracle: (row: Readonly<Record<string, Maybe>>) => Maybe;
}

/** Null if an operand is null, or the result is no number. */
const strict =
  (call: (...values: number[]) => number) =>
  (...values: Maybe[]): Maybe => {
    const known = values.filter((value) => value !== null);
    const result = known.length === values.length ? call(...known) : Number.NaN;
    return Number.isNaN(result) ? null : result;
  };
const compare = (call: (a: number, b: number) => boolean): ((...values: Maybe[]) => Maybe) =>
  strict((a = 0, b = 0) => (call(a, b) ? 1 : 0));
/** As SQL's AND and OR. */
const kleene =
  (decides: number) =>
  (...values: Maybe[]): Maybe =>
    values.includes(decides) ? decides : values.includes(null) ? null : 1 - decides;

const unary: ReadonlyArray<readonly [(a: Number) => Number, (...values: Maybe[]) => Maybe]> = [
  [abs, strict(Math.abs)],
  [ceil, strict(Math.ceil)],
  [exp, strict(Math.exp)],
  [floor, strict(Math.floor)],
  [isNull, (a = null) => (a === null ? 1 : 0)],
  [log, strict((a = 0) => (a > 0 ? Math.log(a) : Number.NaN))],
  [log1p, strict((a = 0) => (a > -1 ? Math.log1p(a) : Number.NaN))],
  [round, strict(Math.round)],
  [sqrt, strict(Math.sqrt)],
  [(a) => bins(a, [-1, 0, 2]), strict((a = 0) => [-1, 0, 2].filter((edge) => edge <= a).length)],
  [(a) => numberFrom([a], (value) => value * 3), strict((a = 0) => a * 3)],
];
const binary: ReadonlyArray<readonly [(a: Number, b: Number) => Number, (...values: Maybe[]) => Maybe]> = [
  [add, strict((a = 0, b = 0) => a + b)],
  [(a, b) => add(a, b, 1), strict((a = 0, b = 0) => a + b + 1)],
  [coalesce, (a = null, b = null) => a ?? b],
  [divide, strict((a = 0, b = 0) => (b === 0 ? Number.NaN : a / b))],
  [equal, compare((a, b) => a === b)],
  [greater, compare((a, b) => a > b)],
  [greaterEqual, compare((a, b) => a >= b)],
  [greatest, strict(Math.max)],
  [least, strict(Math.min)],
  [less, compare((a, b) => a < b)],
  [lessEqual, compare((a, b) => a <= b)],
  [multiply, strict((a = 0, b = 0) => a * b)],
  [notEqual, compare((a, b) => a !== b)],
  [power, strict((a = 0, b = 0) => (a === 0 && b < 0 ? Number.NaN : a ** b))],
  [subtract, strict((a = 0, b = 0) => a - b)],
  [(a, b) => when(greater(a, 0), a, b), (a = null, b = null) => (a !== null && a > 0 ? a : b)],
  [(a, b) => zScore(a, b, 2), strict((a = 0, b = 0) => (a - b) / 2)],
];
const logic: ReadonlyArray<
  readonly [
    (a: Expression<string, 'boolean'>, b: Expression<string, 'boolean'>) => Number,
    (...values: Maybe[]) => Maybe,
  ]
> = [
  [allOf, kleene(0)],
  [anyOf, kleene(1)],
  [(a) => not(a), (a = null) => (a === null ? null : 1 - a)],
];

const leaf: fc.Arbitrary<Case> = fc.oneof(
  fc.constantFrom('a', 'b', 'c').map((name): Case => ({
    expression: numberFrom([name], (value) => value),
    oracle: (row) => row[name] ?? null,
  })),
  fc.integer({ min: -3, max: 3 }).map((value): Case => ({
    expression: add('a', multiply('a', -1), value),
    oracle: ({ a }) => (a === null ? null : value),
  })),
);
const { tree } = fc.letrec<{ tree: Case; test: Case }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.tuple(fc.constantFrom(...unary), tie('tree')).map(([[make, call], a]): Case => ({
      expression: make(a.expression),
      oracle: (row) => call(a.oracle(row)),
    })),
    fc.tuple(fc.constantFrom(...binary), tie('tree'), tie('tree')).map(([[make, call], a, b]): Case => ({
      expression: make(a.expression, b.expression),
      oracle: (row) => call(a.oracle(row), b.oracle(row)),
    })),
    fc.tuple(fc.constantFrom(...logic), tie('tree'), tie('tree')).map(([[make, call], a, b]): Case => {
      const isPositive = (value: Maybe): Maybe => (value === null ? null : value > 0 ? 1 : 0);
      return {
        expression: make(greater(a.expression, 0), greater(b.expression, 0)),
        oracle: (row) => call(isPositive(a.oracle(row)), isPositive(b.oracle(row))),
      };
    }),
  ),
  test: leaf,
}));

const value = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -4, max: 4 }),
  fc.double({ min: -9, max: 9, noNaN: true }),
);
const rows = fc.array(fc.record({ a: value, b: value, c: value }), { minLength: 1, maxLength: 12 });
const number = { kind: 'number', nullable: true } as const;

t.test('property: any expression equals the calculation row by row', (t) => {
  fc.assert(
    fc.property(tree, rows, ({ expression, oracle }, given) => {
      t.same(
        computed(expression, given, { a: number, b: number, c: number }).map((v) => (v === 0 ? 0 : v)),
        given.map(oracle).map((v) => (v === 0 ? 0 : v)),
        expression.text,
      );
      return t.passing();
    }),
    { seed: 11, numRuns: 400 },
  );
  t.end();
});

t.test('a pattern takes linear time, and only what RE2 knows', (t) => {
  const evil = `${'a'.repeat(5_000)}!`;
  const started = process.cpuUsage().user;
  t.same(computed(text.matches('s', '^(a+)+$'), [{ s: evil }, { s: 'aaa' }]), [0, 1]);
  t.ok(process.cpuUsage().user - started < 2_000_000, 'a backtracking engine would not end');
  const problem = (pattern: string | RegExp): string => {
    try {
      defineTopology({
        name: 'x',
        source: { topic: 'x', eventTime: 'at' },
        stages: [derive({ m: text.matches('s', pattern) })],
      });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  t.match(problem('(a)\\1'), /none that RE2 knows/);
  t.match(problem('(?=a)'), /none that RE2 knows/);
  t.match(problem(/a/y), /flag 'y'/);
  t.equal(problem(/^[a-z]+$/iu), '');
  t.end();
});

t.test('operands that make no sense are reported where they are', (t) => {
  const stages = [
    derive({
      zone: hourOf('at', { zone: 'America/New_Yrok' }),
      edges: bins('amount', [2, 1]),
      kind: divide(text('name') as never, 'amount'),
      nothing: log(null as never),
    }),
    features({ fields: { edges: numeric('edges') }, derived: { bad: divide('edges', {} as never) } }),
  ];
  try {
    defineTopology({ name: 'x', source: { topic: 'x', eventTime: 'at' }, stages });
    t.fail('it is refused');
  } catch (error) {
    const { message } = error as Error;
    t.match(
      message,
      "'America/New_Yrok' is no time zone, such as 'America/New_York'; did you mean 'America/New_York'?",
    );
    t.match(message, 'bins takes a list of ascending edges, not [2, 1]');
    t.match(message, 'name is a string, and a number is needed');
    t.match(message, 'null is no number: give the name of a column, a constant or an expression');
    t.match(message, /stages\[1\]\.derived\.bad: an object is no number/);
  }
  t.end();
});
