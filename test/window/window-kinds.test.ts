// The kinds of windows one by one: examples of others, bounds, and what is refused.
import t from 'tap';
import {
  calendar,
  count,
  days,
  hopping,
  hours,
  lastEvents,
  lifetime,
  max,
  minutes,
  quantiles,
  session,
  shifted,
  sliding,
  sum,
  tumbling,
  type WindowSpec,
} from '../../src/index.ts';
import { partsOf, problemsOf, problemText } from '../../src/core/definition.ts';
import { slotsOf, withSlots } from '../support/state-slots.ts';
import { OneRowView } from './one-row.ts';

/** The sessions that a key has ended with, by the sum in each as of its last event. */
function sumsAt(view: OneRowView, key: string, instants: readonly number[]): number[] {
  return instants.map((at) => view.read(key, at)[0] as number);
}

t.test("sessions are those of Flink's WindowOperatorTest.testSessionWindows", async (t) => {
  // Gap 3 s; (key, value, time) in the order in which the test sends them, with a restart in the middle.
  const first = [
    ['key2', 1, 0],
    ['key2', 2, 1000],
    ['key2', 3, 2500],
    ['key1', 1, 10],
    ['key1', 2, 1000],
  ] as const;
  const then = [
    ['key1', 3, 2500],
    ['key2', 4, 5501],
    ['key2', 5, 6000],
    ['key2', 5, 6000],
    ['key2', 6, 6050],
  ] as const;
  const over = session(3_000);
  // The lateness by which the elements are out of order.
  const make = (): OneRowView => new OneRowView([sum('v', { over })], 10_000);
  let view = make();
  for (const [key, value, at] of first) view.update(key, at, value);
  const restored = make();
  for (const key of ['key1', 'key2']) restored.restore(key, view.serialize(key));
  view = restored;
  for (const [key, value, at] of then) view.update(key, at, value);
  // Their results: key1-6 in [10, 5500), key2-6 in [0, 5500), key2-20 in [5501, 9050).
  t.same(sumsAt(view, 'key1', [5_499]), [6]);
  t.same(sumsAt(view, 'key2', [2_500, 9_049]), [6, 20]);
  t.same(sumsAt(view, 'key1', [5_501]), [0], 'the session has ended');
  for (const value of [10, 20]) view.update('key2', 15_000, value);
  t.same(sumsAt(view, 'key2', [17_999]), [30], 'key2-30 in [15000, 18000)');
});

t.test("a late element merges sessions as in Flink's testSessionWindowsWithCountTrigger", async (t) => {
  const view = new OneRowView([sum('v', { over: session(3_000) }), count({ over: session(3_000) })], 10_000);
  for (const [value, at] of [
    [1, 10],
    [2, 1_000],
    [3, 2_500],
    [1, 6_000],
    [2, 6_500],
    [3, 7_000],
  ] as const)
    view.update('key1', at, value);
  t.same([...view.read('key1', 7_000)], [6, 3], 'two sessions');
  view.update('key1', 4_500, 10);
  t.same([...view.read('key1', 7_000)], [22, 7], 'key1-22 in [10, 10000)');
  t.same([...view.read('key1', 4_500)], [16, 4], 'the late element sees none after it');
});

t.test('sessions of a predicate are those of its events', async (t) => {
  const over = session(100);
  const view = new OneRowView([count({ over }), count({ over, where: { kind: 'a' } })], 0);
  const isA = (yes: boolean): boolean[] => [true, yes];
  view.update('k', 0, 0, isA(true));
  view.update('k', 90, 0, isA(false));
  view.update('k', 150, 0, isA(false));
  t.same([...view.read('k', 150)], [3, 0]);
  view.update('k', 160, 0, isA(true));
  t.same([...view.read('k', 160)], [4, 1]);
});

t.test('a session is cut at its maximum length, and the order of arrival decides nothing', async (t) => {
  const over = session(minutes(10), { max: minutes(30) });
  const made = (order: readonly number[]): OneRowView => {
    const view = new OneRowView([count({ over }), max('v', { over })], hours(1));
    for (const minute of order) view.update('k', minutes(minute), minute);
    return view;
  };
  const ordered = made([0, 8, 16, 24, 32, 40, 55]);
  const shuffled = made([40, 0, 24, 8, 32, 16, 55]);
  for (const at of [24, 32, 40, 49, 51, 55])
    t.same([...shuffled.read('k', minutes(at))], [...ordered.read('k', minutes(at))], `minute ${at}`);
  t.same([...ordered.read('k', minutes(24))], [4, 24]);
  t.same([...ordered.read('k', minutes(40))], [2, 40], 'a new one from minute 32 on');
});

t.test('an event sees its own session, also where its pane reaches beyond the maximum length', async (t) => {
  const over = session(10, { max: 20 });
  const view = new OneRowView([count({ over })], 80); // panes of 10 ms
  for (const at of [0, 10, 20, 25]) view.update('k', at);
  t.same([...view.read('k', 25)], [4]);
  view.update('k', 31);
  t.same([...view.read('k', 31)], [1], 'the next pane begins a session');
  t.same([...view.read('k', 25)], [4]);
});

t.test('how far back a window reaches, and how long a key is kept', async (t) => {
  t.equal(session(100, { max: 500 }).memoryMs, 600);
  t.equal(lifetime().memoryMs, Number.POSITIVE_INFINITY);
  t.equal(lastEvents(3).memoryMs, Number.POSITIVE_INFINITY);
  t.equal(lastEvents(3, { within: 50 }).memoryMs, 50);
  t.equal(sliding(days(90)).memoryMs, days(91));
  t.equal(shifted(sliding(hours(1)), days(1)).memoryMs, hours(25) + minutes(5));
  t.equal(calendar('day', { back: 1 }).memoryMs, days(4));
  const ttl = (over: WindowSpec, lateness = 10): number =>
    new OneRowView([count({ over })], lateness).windows.ttlMs;
  t.equal(ttl(session(100, { max: 500 })), 110);
  t.equal(ttl(lifetime()), Number.POSITIVE_INFINITY);
  t.equal(ttl(lastEvents(3, { within: 50 })), 60);
  t.ok(ttl(sliding(days(90))) >= days(91));
  t.ok(ttl(shifted(sliding(hours(1)), days(1))) >= hours(25));
});

t.test('90 days cost some tens of states a key, and what is stored is what has events', async (t) => {
  const view = new OneRowView([count({ over: sliding(days(90)) })], minutes(1));
  for (let at = 0; at < days(100); at += hours(1)) view.update('k', at);
  t.ok(view.serialize('k').length < 8 * 3 * (92 + 26 + 15), `${view.serialize('k').length} bytes`);
  t.equal(view.read('k', days(100) - 1)[0], 91 * 24);
});

t.test('values of sliding windows of up to 30 days are those of panes', async (t) => {
  t.equal(sliding(days(30)).definition.name, 'panes');
  t.equal(sliding(days(90), days(1)).definition.name, 'panes');
  t.equal(sliding(days(31)).definition.name, 'tiles');
  t.equal(hopping(hours(1), minutes(10)).key, sliding(hours(1), minutes(10)).key);
});

t.test('windows that make no sense are refused with an example', async (t) => {
  const problems = (over: WindowSpec): string =>
    partsOf(over, 'over').flatMap(problemsOf).map(problemText).join();
  t.match(problems(session(0)), '0 is not a duration in milliseconds: give minutes(5), say');
  t.match(
    problems(session(100, { max: 50 })),
    'over.max: a session of 50 ms at most is shorter than its gap',
  );
  t.match(problems(lastEvents(0)), 'give lastEvents(10), say');
  t.match(problems(lastEvents(513)), 'from 1 to 512');
  t.match(problems(calendar('day', { zone: 'Europe/Berln' })), "did you mean 'Europe/Berlin'");
  t.match(problems(calendar('day', { back: -1 })), 'from 0 to 400');
  t.match(
    // @ts-expect-error -- a topology may be JavaScript
    problems(calendar('year')),
    "'year' is not one of hour, day, week, month: give calendar('day'), say",
  );
  // @ts-expect-error -- it is misspelt
  t.match(problems(calendar('day', { zoen: 'UTC' })), "there is no option 'zoen'; did you mean 'zone'?");
  t.match(problems(tumbling(50, { offset: 60 })), '60 ms is not below the size of 50 ms');
  t.match(problems(shifted(lastEvents(3), days(1))), 'a window of the kind last-events cannot be shifted');
  t.match(problems(shifted(shifted(sliding(60), 5), 5)), 'add the two distances');
  t.match(
    problems(shifted(sliding(hours(1)), 0)),
    '0 is not a duration in milliseconds: give minutes(5), say',
  );
  t.throws(() => new OneRowView([count({ over: session(1) })], 10_000), {
    code: 'TOPOLOGY_INVALID',
    remedy: 'Allow for less lateness or a longer gap: 512 panes at most.',
  });
  const large = quantiles('v', { over: lastEvents(512), at: { p: 0.5 }, buckets: 2_048 });
  t.throws(() => new OneRowView(Object.values(large.parts), 1), {
    code: 'TOPOLOGY_INVALID',
    remedy: 'Choose fewer events or smaller aggregates: 262144 slots at most.',
  });
  t.ok(new OneRowView([count({ over: lifetime() }), count({ over: calendar('day') })], days(60)));
  t.throws(() => new OneRowView([count({ over: shifted(sliding(hours(1)), days(30)) })], 0), {
    code: 'TOPOLOGY_INVALID',
  });
});

t.test('state of another allowed lateness is refused, where its panes have another length', async (t) => {
  for (const over of [session(100), lifetime(), calendar('day')]) {
    const view = new OneRowView([count({ over })], 80);
    view.update('k', 500);
    const other = new OneRowView([count({ over })], 160);
    t.throws(() => other.restore('k', view.serialize('k')), { code: 'STORE_FAILED' }, over.definition.name);
  }
});

t.test(
  'damaged state of each kind is refused, and what is no instant takes no longer than others',
  async (t) => {
    const kinds = [
      session(100),
      lifetime(),
      lastEvents(3),
      calendar('day'),
      sliding(days(90)),
      shifted(sliding(60), 5),
    ];
    for (const over of kinds) {
      const view = new OneRowView([count({ over })], 10);
      for (const at of [5, 12, 90]) view.update('k', at);
      const state = view.serialize('k');
      const slots = slotsOf(state);
      // Behind the event time: the length, then the length and the newest of the panes, or what stands there.
      for (const [at, value] of [
        [2, 0.5],
        [3, 1e9],
        [3, Number.NaN],
        [slots.length, 0],
      ] as const) {
        const damaged = withSlots(state, slots.toSpliced(at, 1, value));
        t.throws(
          () => view.restore(`${at}`, damaged),
          { code: 'STORE_FAILED' },
          `${over.definition.name} ${at}`,
        );
      }
      for (const timeMs of [2 ** 53, 1e300]) {
        view.update('far', timeMs);
        view.read('far', timeMs);
        t.ok(view.serialize('far').length > 0);
      }
    }
  },
);
