// What the retraining reducer remembers: alarms that cannot be served yet, where the concept changed, and failures.
import t from 'tap';
import { days, hours } from '../../../src/index.ts';
import {
  initialRetrainingState,
  restoredRetrainingState,
  type RetrainingEvent,
} from '../../../src/runtime/learning/retraining-state.ts';
import { boundary, ended, first, play, quiet } from './retraining-events.ts';

const failed: RetrainingEvent = { kind: 'ended', outcome: 'failed', unseen: 0, isSure: false };

t.test('an alarm is remembered through a cooldown, a training, and until it can be judged', async (t) => {
  const options = { ...quiet, onErrorDrift: true, everyRows: 10_000 };
  const alarm = (atMs: number, labels: number): RetrainingEvent =>
    boundary(atMs, labels, { errorDrift: 'log loss', change: { atMs: atMs - 1, labels, positives: 0 } });
  const times = (events: readonly RetrainingEvent[]): Array<[number, number | null]> =>
    play(events, options)
      .requests.slice(1)
      .map(({ atMs, changeMs }) => [atMs / days(1), changeMs]);
  t.same(times([...first, alarm(days(2), 60), boundary(days(3), 0)]), [[3, days(2) - 1]], 'cooldown');
  t.same(
    times([boundary(days(1), 100), alarm(days(2), 60), ended(true), boundary(days(4), 0)]),
    [[4, days(2) - 1]],
    'training',
  );
  const rows = [alarm(days(4), 20), boundary(days(5), 30), boundary(days(6), 10)];
  t.same(times([...first, ...rows]), [[6, days(4) - 1]], 'rows behind the change');
  const late = boundary(days(4), 90, { fresh: 59, errorDrift: 'log loss' });
  t.same(times([...first, late, boundary(days(5), 1)]), [[5, null]], 'rows that are new to the champion');
});

t.test('of one change, the first alarm says where it was', async (t) => {
  const at = (atMs: number, changeMs: number): RetrainingEvent =>
    boundary(atMs, 10, { errorDrift: 'log loss', change: { atMs: changeMs, labels: 500, positives: 0 } });
  const { state } = play([...first, at(days(4), days(4) - 5), at(days(5), days(2))], quiet);
  t.equal(state.changeMs, days(4) - 5);
  t.equal(state.labelsSinceChange, 510);
});

t.test('a failed training resets nothing, and is not repeated before there are more labels', async (t) => {
  const options = { ...quiet, everyRows: 100 };
  const { requests, state } = play(
    [...first, boundary(days(4), 100), failed, boundary(days(7), 0), boundary(days(8), 49)],
    options,
  );
  t.equal(requests.length, 2);
  t.equal(state.labelsSince, 149);
  t.equal(play([boundary(days(9), 1)], options, state).requests[0]?.reason, 'volume: 150 new labels');
});

t.test('after a change, rows of both classes behind it are awaited', async (t) => {
  const options = { ...quiet, onErrorDrift: true, cooldownMs: 0 };
  const rare = { needsBothClasses: true, positives: 0, freshPositives: 0 };
  const change = { atMs: days(20), labels: 70, positives: 6 };
  const alarm = boundary(days(20) + 70, 70, { ...rare, errorDrift: 'log loss', change });
  const before = boundary(days(2), 4_000, { needsBothClasses: true });
  const { requests, state } = play([...first, before, alarm, boundary(days(21), 10, rare)], options);
  t.equal(requests.length, 1, '2,000 of the old concept do not help');
  t.equal(state.positivesSinceChange, 6);
  const more = boundary(days(22), 10, { ...rare, positives: 4, freshPositives: 4 });
  t.same(
    play([more], options, state).requests.map(({ changeMs }) => changeMs),
    [days(20)],
  );
});

t.test('after a rejected candidate of a new concept, what grows is its rows', async (t) => {
  const options = { ...quiet, onErrorDrift: true, cooldownMs: 0, growth: 0.5 };
  const change = { atMs: days(20), labels: 60, positives: 30 };
  const alarm = boundary(days(20) + 60, 60, { errorDrift: 'log loss', change });
  const { state } = play([...first, boundary(days(2), 40), alarm, ended(false)], options);
  t.equal(state.holdUntil, 90);
  t.equal(play([boundary(days(21), 30)], options, state).requests.length, 1);
  t.equal(play([boundary(days(21), 29)], options, state).requests.length, 0);
});

t.test('until there are many labels, trainings follow their growth', async (t) => {
  const options = { ...quiet, everyRows: 500, growth: 0.5, cooldownMs: 0 };
  const events: RetrainingEvent[] = [...first];
  for (let hour = 1; hour <= 200; hour += 1) events.push(boundary(days(1) + hours(hour), 10), ended(true));
  const { requests } = play(events, options);
  t.same(
    requests.slice(1, 7).map(({ reason }) => reason.match(/\d+/)?.[0]),
    ['60', '80', '120', '180', '270', '410'],
  );
  t.match(requests.at(-1)?.reason, /volume: 500 new labels/);
});

t.test(
  'while candidates win for sure trainings come closer together, and further apart once they do not',
  async (t) => {
    const options = { ...quiet, everyRows: 800, everyRowsMin: 150, cooldownMs: 0 };
    const outcomes = [true, true, true, true, false, false, false, false];
    let { state } = play(first, options);
    const rows: number[] = [];
    for (const [i, isSure] of outcomes.entries()) {
      let labels = 0;
      for (let step = 1; labels < 2_000; step += 1) {
        const { state: next, requests } = play([boundary(days(2 + i) + step, 10)], options, state);
        state = next;
        labels += 10;
        if (requests.length > 0) break;
      }
      rows.push(labels);
      state = play([ended(true, isSure)], options, state).state;
    }
    t.same(rows, [800, 400, 200, 150, 150, 300, 600, 800]);
    const { state: failed400 } = play([...first, boundary(days(2), 800), ended(true, true)], options);
    t.equal(failed400.paceRows, 400);
    const after = play([boundary(days(3), 400), failed], options, failed400).state;
    t.equal(after.paceRows, 400, 'a failure judges nothing');
    t.equal(
      play([...first, boundary(days(2), 800), ended(true, true)], { ...options, everyRowsMin: null }).state
        .paceRows,
      null,
    );
    t.equal(restoredRetrainingState({ labels: 9 }).paceRows, null, 'a snapshot of an earlier release');
  },
);

t.test('a snapshot of an earlier release goes on', async (t) => {
  const { fresh, labelsSinceChange, positivesSinceChange, changeMs, pending, holdUntil, atStart, ...before } =
    {
      ...initialRetrainingState,
      phase: 'watching' as const,
      hasModel: true,
      labels: 900,
      labelsSince: 70,
    };
  const state = restoredRetrainingState(before);
  t.match(state, { fresh: 70, labelsSinceChange: 900, changeMs, pending, holdUntil, atStart });
  t.notOk(fresh + labelsSinceChange + positivesSinceChange);
  t.equal(play([boundary(days(9), 10)], { ...quiet, everyRows: 80 }, state).requests.length, 1);
});
