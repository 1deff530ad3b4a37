// Predictions that wait, across any distance of event time: what a time-out costs follows from what waits, not from time.
import t from 'tap';
import { EVENT_TIME_MS_MAX } from '../../src/core/event-limits.ts';
import { PendingPredictions } from '../../src/operators/pending-predictions.ts';
import type { PendingPrediction } from '../../src/operators/pending-record.ts';
import { StateChanges } from '../../src/operators/state-changes.ts';
import { emptyDelta } from '../../src/core/state-delta.ts';

const TIMEOUT_MS = 1_000;

function prediction(key: string, timeMs: number): PendingPrediction {
  return { key, offset: 0, timeMs, score: 0.5, shadowScore: Number.NaN, flags: 0, version: 'v1' };
}

/** Fails within the test's time limit where a bucket of 62.5 ms is walked for each of 375 years: 1.9e11. */
t.test(
  'a jump of the watermark to the year 2299 takes out what is due, in order, and no longer',
  async (t) => {
    const pending = new PendingPredictions(TIMEOUT_MS, Number.NEGATIVE_INFINITY, 100);
    for (const [key, timeMs] of [
      ['b', 5_000_000],
      ['a', 1_000],
      ['c', EVENT_TIME_MS_MAX],
    ] as const)
      pending.add(prediction(key, timeMs));
    const keysOf = (watermarkMs: number): string[] => pending.takeExpired(watermarkMs).map(({ key }) => key);
    t.notOk(pending.isDue(1_000));
    t.strictSame(keysOf(EVENT_TIME_MS_MAX), ['a', 'b']);
    t.notOk(pending.isDue(EVENT_TIME_MS_MAX), 'nothing is due');
    pending.add(prediction('late', EVENT_TIME_MS_MAX - 2 * TIMEOUT_MS));
    t.ok(pending.isDue(EVENT_TIME_MS_MAX), 'what was added behind the watermark is');
    t.strictSame(keysOf(EVENT_TIME_MS_MAX + 2 * TIMEOUT_MS), ['late', 'c']);
  },
);

t.test(
  'after a restart the store is asked for the buckets that it can have, whatever the next event time',
  async (t) => {
    const changes = emptyDelta();
    const before = new PendingPredictions(TIMEOUT_MS, Number.NEGATIVE_INFINITY, 100);
    before.add(prediction('a', 10_000));
    before.add(prediction('b', 10_500));
    before.snapshot(new StateChanges('labels', changes));
    const stored = new Map<string, Uint8Array>();
    for (const { key, state } of changes.puts) stored.set(key.slice(key.indexOf(':') + 1), state);
    for (const { key, bytes } of changes.appends) stored.set(key.slice(key.indexOf(':') + 1), bytes);
    t.ok(stored.size >= 3);

    const after = new PendingPredictions(TIMEOUT_MS, 10_500, 100);
    let asked = 0;
    for (let round = 0; round < 3; round++) {
      const wanted = new Set<string>();
      after.wantTimers(EVENT_TIME_MS_MAX, wanted);
      asked += wanted.size;
      for (const key of wanted) after.hydrate(key, stored.get(key) ?? null);
    }
    t.ok(asked < 32, `${asked} keys`);
    t.strictSame(
      after.takeExpired(EVENT_TIME_MS_MAX).map(({ key }) => key),
      ['a', 'b'],
    );
  },
);
