// When to retrain: each trigger in isolation, and properties of every sequence of boundaries.
import fc from 'fast-check';
import t from 'tap';
import { days, hours } from '../../../src/index.ts';
import {
  initialRetrainingState,
  nextSchedule,
  stepRetraining,
  type RetrainingEvent,
} from '../../../src/runtime/learning/retraining-state.ts';
import { boundary, ended, first, play, quiet } from './retraining-events.ts';

t.test('the first model is trained once there are enough labels', async (t) => {
  const { state, requests } = play(
    [boundary(hours(1), 60), boundary(hours(2), 39), boundary(hours(3), 1)],
    quiet,
  );
  t.same(requests, [{ reason: 'first model: 100 labels', atMs: hours(3), number: 1, changeMs: null }]);
  t.equal(state.phase, 'training');
  t.equal(play([ended(true)], quiet, state).state.phase, 'watching');
});

t.test('without a model, every rejected candidate leads back to collecting', async (t) => {
  const events = [1, 2, 3, 4, 5].flatMap((day) => [boundary(days(day), 100), ended(false)]);
  const { state, requests } = play(events, quiet);
  t.equal(state.phase, 'collecting');
  t.same(
    requests.map(({ atMs }) => atMs),
    [days(1), days(3), days(5)],
    'retried after each cooldown, and with half as many labels more, not at each boundary',
  );
});

t.test('without rows of both classes there is nothing to judge on: what is due waits for them', async (t) => {
  const options = { ...quiet, everyRows: 100, onErrorDrift: true };
  const rare = (day: number, labels: number, positives: number, but = {}): RetrainingEvent =>
    boundary(days(day), labels, { positives, freshPositives: positives, needsBothClasses: true, ...but });
  const starts = (events: readonly RetrainingEvent[]): Array<[string, number]> =>
    play(events, options).requests.map(({ reason, atMs }) => [reason, atMs / days(1)]);
  t.same(starts([rare(1, 500, 4), rare(2, 500, 5), rare(3, 500, 1)]), [['first model: 1500 labels', 3]]);
  t.same(starts([rare(1, 500, 496), rare(2, 500, 495), rare(3, 500, 499)]), [
    ['first model: 1500 labels', 3],
  ]);
  const model = [rare(1, 500, 20), ended(true)];
  t.same(
    starts([...model, rare(4, 500, 9, { errorDrift: 'log loss' }), rare(5, 10, 1)]).slice(1),
    [['performance: the log loss has drifted', 5]],
    'positives that the champion was trained on do not count',
  );
  const failure: RetrainingEvent = { kind: 'ended', outcome: 'failed', unseen: 0, isSure: false };
  t.same(
    starts([...model, rare(4, 500, 12), failure, rare(7, 300, 0)]).slice(1),
    [
      ['volume: 500 new labels', 4],
      ['volume: 800 new labels', 7],
    ],
    'those of a training that failed do',
  );
  t.same(starts([...model, rare(4, 500, 12), rare(5, 300, 0), ended(true), rare(7, 300, 3)]).length, 2);
});

t.test('volume', async (t) => {
  const options = { ...quiet, everyRows: 50 };
  const { requests } = play(
    [...first, boundary(days(2), 60), boundary(days(3), 0), ended(false), boundary(days(6), 29)],
    options,
  );
  t.same(
    requests.map(({ reason, atMs }) => [reason, atMs]),
    [
      ['first model: 100 labels', days(1)],
      ['volume: 60 new labels', days(3)],
    ],
    'day 2 is within the cooldown; labels are counted since the last training',
  );
});

t.test('drift of features, and of the log loss', async (t) => {
  const drifted = boundary(days(4), 60, { driftedFeatures: ['a', 'b', 'c', 'd'] });
  const errors = boundary(days(8), 60, { errorDrift: 'log loss' });
  t.same(play([...first, drifted, errors], quiet).requests.length, 1, 'both triggers are off');
  const options = { ...quiet, driftedFeatures: 4, onErrorDrift: true };
  const few = boundary(days(4), 60, { driftedFeatures: ['a', 'b', 'c'] });
  t.same(
    play([...first, few, drifted, ended(false), errors], options)
      .requests.map(({ reason }) => reason)
      .slice(1),
    ['drift: 4 features (a, b, c, ...)', 'performance: the log loss has drifted'],
  );
});

t.test('the schedule uses event time and ignores the cooldown', async (t) => {
  const options = { ...quiet, schedule: '0 3 * * *', cooldownMs: days(30) };
  const atMs = Date.UTC(2013, 0, 10, 12);
  const { requests } = play(
    [
      boundary(atMs, 100),
      ended(true),
      boundary(atMs + hours(14), 60),
      boundary(atMs + hours(15), 60),
      ended(true),
      boundary(atMs + hours(16), 60),
      boundary(atMs + hours(40), 60),
    ],
    options,
  );
  t.same(
    requests.slice(1).map(({ reason, atMs }) => [reason, new Date(atMs).toISOString()]),
    [
      ['schedule: 0 3 * * *', '2013-01-11T03:00:00.000Z'],
      ['schedule: 0 3 * * *', '2013-01-12T04:00:00.000Z'],
    ],
  );
  t.equal(nextSchedule(null, 60), null);
  t.throws(() => nextSchedule('not a pattern', 60));
});

t.test('a schedule that is due during a training triggers after it has ended', async (t) => {
  const options = { ...quiet, schedule: '0 3 * * *' };
  const atMs = Date.UTC(2013, 0, 10, 2);
  const events = [
    boundary(atMs, 100),
    boundary(atMs + hours(2), 60),
    ended(true),
    boundary(atMs + hours(3), 60),
  ];
  t.same(
    play(events, options).requests.map((request) => request.atMs - atMs),
    [0, hours(3)],
  );
});

t.test('property: one training at a time, numbered without gaps, cooldowns respected', async (t) => {
  const boundaryArbitrary = fc.record({
    stepMs: fc.integer({ min: 1, max: days(2) }),
    labels: fc.nat(120),
    drifted: fc.nat(3),
    errorDrift: fc.boolean(),
    ends: fc.constantFrom('no', 'promoted', 'rejected'),
  });
  const options = {
    ...quiet,
    everyRows: 80,
    driftedFeatures: 2,
    onErrorDrift: true,
    schedule: '0 0 * * 1',
  };
  fc.assert(
    fc.property(fc.array(boundaryArbitrary, { maxLength: 60 }), (steps) => {
      let state = initialRetrainingState;
      let atMs = Date.UTC(2013, 0, 1);
      let running = false;
      let number = 0;
      let lastMs = Number.NEGATIVE_INFINITY;
      for (const { stepMs, labels, drifted, errorDrift, ends } of steps) {
        atMs += stepMs;
        const driftedFeatures = ['a', 'b', 'c'].slice(0, drifted);
        const step = stepRetraining(
          state,
          boundary(atMs, labels, { driftedFeatures, errorDrift: errorDrift ? 'log loss' : null }),
          options,
        );
        state = step.state;
        if (step.request !== null) {
          if (running || step.request.number !== ++number || step.request.atMs !== atMs) return false;
          const isFree = step.request.reason.startsWith('schedule') || atMs - lastMs >= options.cooldownMs;
          if (!isFree) return false;
          lastMs = atMs;
          running = true;
        }
        if (running !== (state.phase === 'training')) return false;
        if (running && ends !== 'no') {
          state = stepRetraining(state, ended(ends === 'promoted'), options).state;
          running = false;
        }
      }
      return true;
    }),
    { seed: 11, numRuns: 500 },
  );
  t.pass();
});
