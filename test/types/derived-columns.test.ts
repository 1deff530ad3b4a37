// What the compiler knows of derived columns: names and kinds, in the stages after them. tsc checks this file.
import t from 'tap';
import {
  above,
  defineTopology,
  derive,
  double,
  features,
  filter,
  map,
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
