// Expressions compared with independent implementations: zoneinfo, NumPy, scikit-learn (see test/vectors/expressions.py), and
// Intl at random instants.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import {
  bins,
  dayOf,
  haversine,
  hourOf,
  minuteOf,
  modulo,
  monthOf,
  weekdayOf,
  yearOf,
  type Expression,
} from '../../../src/index.ts';
import { computed } from '../../support/computed.ts';

interface Vectors {
  readonly clock: Readonly<Record<string, readonly number[][]>>;
  readonly distances: readonly number[][];
  readonly bins: { readonly edges: readonly number[]; readonly rows: readonly number[][] };
  readonly modulo: readonly number[][];
}
const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/expressions.json', import.meta.url), 'utf8'),
) as Vectors; // written by expressions.py

const NAMES = ['a', 'b', 'c', 'd'];

/** The result for each row of arguments. */
function results(expression: Expression, rows: ReadonlyArray<readonly number[]>): unknown[] {
  return computed(
    expression,
    rows.map((row) => Object.fromEntries(NAMES.map((name, i) => [name, row[i] ?? null]))),
  );
}

function column(rows: ReadonlyArray<readonly number[]>, i: number): Array<number | undefined> {
  return rows.map((row) => row[i]);
}

t.test('the parts of an instant in time zones', (t) => {
  for (const [zone, rows] of Object.entries(vectors.clock)) {
    const parts = [hourOf, minuteOf, weekdayOf, dayOf, monthOf, yearOf];
    for (const [i, part] of parts.entries())
      t.same(results(part('a', { zone }), rows), column(rows, i + 1), `${part.name} ${zone}`);
  }
  t.end();
});

t.test('the hour equals that of Intl, in any zone and at any instant', (t) => {
  const zones = Intl.supportedValuesOf('timeZone');
  const first = Date.UTC(1890, 0, 1);
  const last = Date.UTC(2310, 0, 1);
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.array(fc.integer({ min: first, max: last }), { minLength: 1, maxLength: 20 }),
      (zone, instants) => {
        const format = new Intl.DateTimeFormat('en', { timeZone: zone, hour: 'numeric', hourCycle: 'h23' });
        const hours = results(
          hourOf('a', { zone }),
          instants.map((ms) => [ms]),
        );
        return instants.every((ms, i) => hours[i] === Number(format.format(ms)));
      },
    ),
    { seed: 7, numRuns: 120 },
  );
  t.end();
});

t.test('the first instant of year 1 is of the year before it, west of Greenwich', (t) => {
  // .NET writes it for no instant. Sunday, December 31 of 1 BC, which is the year 0 of ISO 8601.
  const first = [[Date.parse('0001-01-01T00:00:00Z')]];
  const zone = 'America/New_York';
  const parts = [yearOf, monthOf, dayOf, weekdayOf].map((part) => results(part('a', { zone }), first)[0]);
  t.same(parts, [0, 12, 31, 7]);
  t.same(results(yearOf('a', { zone: 'Asia/Tokyo' }), first), [1]);
  t.end();
});

t.test('distances on the Earth, km', (t) => {
  const found = results(haversine('a', 'b', 'c', 'd'), vectors.distances) as number[];
  for (const [i, row] of vectors.distances.entries()) {
    const wanted = row[4] as number;
    const is = found[i] as number;
    t.ok(Math.abs(is - wanted) <= 1e-9 * Math.max(1, wanted), `${row.join()}: ${is}`);
  }
  t.same(
    results(haversine('a', 'b', 'c', 'd'), [
      [90.01, 0, 0, 0],
      [0, 0, -91, 0],
    ]),
    [null, null],
    'beyond the poles there is no place',
  );
  t.end();
});

t.test('bins and remainders', (t) => {
  const { edges, rows } = vectors.bins;
  t.same(results(bins('a', edges), rows), column(rows, 1));
  t.same(results(modulo('a', 'b'), vectors.modulo), column(vectors.modulo, 2));
  t.end();
});
