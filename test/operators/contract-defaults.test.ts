// Defaults of rules that remember: the same events get them however they are batched and whenever the process restarts.
import fc from 'fast-check';
import t from 'tap';
import {
  contract,
  count,
  defineTopology,
  distribution,
  features,
  monotonic,
  nullShare,
  oneOf,
  recency,
  score,
  sliding,
  view,
  volume,
  type Rule,
} from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';
import {
  monotonicOracle,
  psi,
  reference,
  trips,
  WINDOW,
  windowOracle,
  type Event,
  type Oracle,
  type Read,
} from '../support/trips.ts';
import { checkedTrips, eventsOf, planArbitrary, sendAs, stepsArbitrary } from '../support/trips-run.ts';

interface Defaulted {
  readonly what: string;
  readonly rules: ReadonlyArray<
    Rule<'vehicle: any' | 'km: number' | 'km: any' | 'note: any' | 'note: string'>
  >;
  /** The events as the stages behind the contract see them. */
  readonly oracle: (events: readonly Event[]) => Event[];
}

const replacedBy = (oracle: Oracle, value: Partial<Event>): Defaulted['oracle'] => {
  return (events) => {
    const broken = new Set(oracle(events));
    return events.map((event, i) => (broken.has(i) ? { ...event, ...value } : event));
  };
};

const defaulted: readonly Defaulted[] = [
  {
    what: 'monotonic',
    rules: [monotonic('km', { by: ['vehicle'], otherwise: { default: null } })],
    oracle: replacedBy(monotonicOracle, { km: null }),
  },
  {
    what: 'distribution',
    rules: [
      distribution('note', { reference, most: 0.5, over: WINDOW, rowsMin: 2, otherwise: { default: 'off' } }),
    ],
    oracle: replacedBy(
      windowOracle((window) => (window.length < 2 ? null : psi(window) <= 0.5)),
      { note: 'off' },
    ),
  },
  {
    what: 'monotonic by a column with a default',
    rules: [
      oneOf('note', ['x', 'y'], { otherwise: { default: 'x' } }),
      monotonic('km', { by: ['note'], otherwise: { default: -1 } }),
    ],
    oracle: (events) => {
      const first = events.map((event) => (event.note === 'z' ? { ...event, note: 'x' } : event));
      const keyed = first.map((event) => ({ ...event, vehicle: event.note }));
      const broken = new Set(monotonicOracle(keyed));
      return first.map((event, i) => (broken.has(i) ? { ...event, km: -1 } : event));
    },
  },
];

for (const { what, rules, oracle } of defaulted) {
  t.test(`property: defaults of ${what}`, async (t) => {
    const topology = checkedTrips(rules);
    await fc.assert(
      fc.asyncProperty(stepsArbitrary, planArbitrary, async (steps, plan) => {
        // None is late: every event is seen behind the contract.
        const events = eventsOf(steps, Math.abs);
        const driver = new TopologyDriver(topology, { hotKeysMax: 1 });
        const seen = new Map<string, unknown>();
        await sendAs(plan, driver, events, () => {
          for (const row of driver.rows) seen.set(String(row['id']), [row['km'], row['note']]);
        });
        t.same(
          [...seen.values()],
          oracle(events).map(({ km, note }) => [km, note]),
        );
        return t.passing();
      }),
      { seed: 5, numRuns: 60 },
    );
  });
}

t.test('defaults that cannot be are refused', (t) => {
  const refused = (rules: ReadonlyArray<Rule<Read>>, message: RegExp): void =>
    void t.throws(() => defineTopology(trips, { stages: [contract(rules)] }), { message });
  const otherwise = { default: 'x' } as const;
  // @ts-expect-error it has no column
  refused([volume({ perMinute: [1, 2], otherwise })], /no column to default/);
  // @ts-expect-error it has no column
  refused([recency({ behindMs: 1, otherwise })], /no column to default/);
  // @ts-expect-error the column is a number
  refused([monotonic('km', { by: ['vehicle'], otherwise })], /has the default 'x', no number/);
  refused([nullShare('km', { most: 0.1, otherwise })], /needs a string, and 'km' is a number/);
  refused(
    [distribution('note', { reference, otherwise: { default: 1 } })],
    /distribution\(note\) has the default 1, no string/,
  );
  refused(
    [
      distribution('vehicle', { reference, otherwise: { default: null } }),
      monotonic('km', { by: ['vehicle'] }),
    ],
    /finds its state by 'vehicle', which distribution\(vehicle\) replaces: put it before that rule/,
  );
  t.throws(
    () =>
      defineTopology(trips, {
        stages: [
          contract([distribution('vehicle', { reference, otherwise: { default: null } })]),
          features({ views: { v: view(['vehicle'], { n: count({ over: sliding(WINDOW) }) }) } }),
          score({ key: 'id' }),
        ],
      }),
    { message: /finds its state by 'vehicle', which is computed from state/ },
  );
  t.end();
});
