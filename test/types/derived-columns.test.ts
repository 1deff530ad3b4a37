// What the compiler knows of derived columns: names and kinds, in the stages after them. tsc checks this file.
import t from 'tap';
import {
  above,
  add,
  allOf,
  anyOf,
  categorical,
  contract,
  defineTopology,
  derive,
  divide,
  double,
  features,
  filter,
  greater,
  holds,
  hourOf,
  isNull,
  less,
  map,
  matches,
  monotonic,
  not,
  numberFrom,
  numbersFrom,
  numeric,
  rowsWhere,
  score,
  source,
  string,
  stringFrom,
  text,
  timestamp,
  type Stage,
} from '../../src/index.ts';

const trips = source('trips', {
  schema: { id: string, from: string, to: string, km: double, at: timestamp },
  eventTime: 'at',
});
const speed = numberFrom(['km', 'at'], (km, at) => km / at);
const route = stringFrom([text('from'), text('to')], (from, to) => (from === null ? null : `${from}-${to}`));

t.test('columns that are there', async (t) => {
  const topology = defineTopology(trips, {
    stages: [
      filter({ km: above(0), from: 'BER' }),
      derive({ speed, route }),
      map({ km: numberFrom(['km', text('route')], (km, name) => km + (name?.length ?? 0)) }),
      filter(
        'fast',
        rowsWhere(['speed'], (value) => value > 1),
      ),
      features({ fields: { speed: numeric('speed') } }),
      score({ key: 'route' }),
    ],
  });
  t.equal(topology.stages.length, 7);
  const stage: Stage<
    'km: number' | 'at: number' | 'from: string' | 'to: string',
    { readonly speed: { type: 'double?' }; readonly route: { type: 'string?' } }
  > = derive({ speed, route });
  t.same(stage.adds, { speed: { type: 'double?' }, route: { type: 'string?' } });
});

t.test('what is not there, or of another kind', async (t) => {
  t.throws(() =>
    // @ts-expect-error 'kn' is no column
    defineTopology(trips, { stages: [filter({ kn: above(0) })] }),
  );
  t.throws(() =>
    // @ts-expect-error 'from' is a string
    defineTopology(trips, { stages: [derive({ wrong: numberFrom(['from'], (from) => from) })] }),
  );
  t.throws(() =>
    // @ts-expect-error 'speed' is added later
    defineTopology(trips, { stages: [filter(rowsWhere(['speed'], (v) => v > 1)), derive({ speed })] }),
  );
  t.throws(() =>
    // @ts-expect-error 'route' is a string
    defineTopology(trips, { stages: [derive({ route }), features({ fields: { route: numeric('route') } })] }),
  );
  t.throws(() =>
    // @ts-expect-error 'distance' is no column that a map could replace
    defineTopology(trips, { stages: [map({ distance: speed })] }),
  );
});

t.test('functions take what their columns hold', async (t) => {
  // @ts-expect-error a number column gives numbers
  numberFrom(['km'], (km: string) => km.length);
  // @ts-expect-error a string column gives null as well
  numberFrom([text('from')], (from) => from.length);
  // @ts-expect-error a string is no number
  numberFrom(['km'], (km) => String(km));
  // @ts-expect-error there is one input
  numberFrom(['km'], (km, more) => km + more);
  numbersFrom(['km', text('from')], (into, rows, km, from) => {
    const at: number | undefined = rows[0];
    const [first]: readonly [number | undefined, number | undefined] = [km[0], from.codes[0]];
    into[0] = (at ?? 0) + (first ?? 0);
  });
  t.pass();
});

t.test('expressions, by the columns that they read and the kind that they give', async (t) => {
  const stage: Stage<
    'km: number' | 'at: number' | 'from: string' | 'to: any',
    {
      readonly ratio: { type: 'double?' };
      readonly hour: { type: 'double?' };
      readonly city: { type: 'string?' };
      readonly far: { type: 'boolean?' };
    }
  > = derive({
    ratio: divide('km', add('at', 1)),
    hour: hourOf('at', { zone: 'Europe/Berlin' }),
    city: text.before(text.lower('from'), ','),
    far: allOf(greater('km', 100), not(isNull('to'))),
  });
  t.same(Object.keys(stage.adds ?? {}), ['ratio', 'hour', 'city', 'far']);
  const good = defineTopology(trips, {
    stages: [
      contract([holds(less('km', 20_000)), matches('from', '^[A-Z]+$'), monotonic('km', { by: ['from'] })]),
      derive({ far: greater('km', 100), city: text.upper('from') }),
      filter(anyOf('far', text.oneOf('city', ['BER']))),
      features({
        fields: { far: numeric('far'), city: categorical('city') },
        derived: { both: add('far', 1) },
      }),
      score({ key: 'id' }),
    ],
  });
  t.equal(good.stages.length, 6);
  t.throws(() =>
    // @ts-expect-error 'kn' is no column
    defineTopology(trips, { stages: [derive({ ratio: divide('kn', 2) })] }),
  );
  t.throws(() =>
    // @ts-expect-error 'from' is a string
    defineTopology(trips, { stages: [filter(greater('from', 'km'))] }),
  );
  t.throws(() =>
    // @ts-expect-error 'km' is a number
    defineTopology(trips, { stages: [contract([holds(text.contains('km', '1'))])] }),
  );
  t.throws(() =>
    // @ts-expect-error 'form' is no column
    defineTopology(trips, { stages: [contract([monotonic('km', { by: ['form'] })])] }),
  );
  // @ts-expect-error a string is no number
  divide(text.lower('from'), 2);
  // @ts-expect-error a number is no condition
  filter(add('km', 1));
  // @ts-expect-error a number is no string
  text.lower(add('km', 1));
});
