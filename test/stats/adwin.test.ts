import * as fc from 'fast-check';
import t from 'tap';
import { adwin, Adwin } from '../../src/stats/adwin.ts';
import type { AdwinOptions, AdwinSnapshot } from '../../src/stats/adwin.ts';
import vectors from '../vectors/stats-detectors.json' with { type: 'json' };
import { allNear } from './close.ts';

t.test('equals River: detections exactly; width, mean and variance along the way', (t) => {
  for (const { stream, options, detections, trace } of vectors.adwin) {
    const { delta, clock, max_buckets, min_window_length, grace_period } = options;
    const detector = new Adwin({
      ...(delta !== undefined && { delta }),
      ...(clock !== undefined && { clock }),
      ...(max_buckets !== undefined && { maxBuckets: max_buckets }),
      ...(min_window_length !== undefined && { minWindowLength: min_window_length }),
      ...(grace_period !== undefined && { gracePeriod: grace_period }),
    });
    const found: number[] = [];
    const marks: number[][] = [];
    vectors.streams[stream as keyof typeof vectors.streams].forEach((x, i) => {
      if (detector.update(x)) found.push(i);
      if (i % 97 === 0) marks.push([i, detector.width, detector.estimation, detector.variance]);
    });
    const name = `${stream} ${JSON.stringify(options)}`;
    t.same(found, detections, name);
    t.ok(allNear(marks.flat(), trace.flat(), 1e-9), `${name}: trace`);
  }
  t.end();
});

t.test('invalid settings are rejected', (t) => {
  for (const options of [{ delta: 0 }, { delta: 1 }, { clock: 0 }, { maxBuckets: 1 }] as AdwinOptions[]) {
    t.throws(() => new Adwin(options), { code: 'CONFIG_INVALID' });
  }
  t.equal(new Adwin().estimation, 0, 'an empty window');
  t.end();
});

t.test('property: a detector restored from JSON continues identically', (t) => {
  const stream = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(stream, stream, fc.integer({ min: -5, max: 5 }), (before, after, shift) => {
      const detector = new Adwin({ clock: 4, delta: 0.2 });
      for (const x of before) detector.update(x);
      const copy = new Adwin({ clock: 4, delta: 0.2 });
      copy.update(1e6); // its previous state has no effect
      copy.restore(JSON.parse(JSON.stringify(detector.snapshot())) as AdwinSnapshot);
      return (
        after.every((x) => detector.update(x + shift) === copy.update(x + shift)) &&
        JSON.stringify(detector.snapshot()) === JSON.stringify(copy.snapshot())
      );
    }),
  );
  t.end();
});

t.test('property: without a change, width and total are those of all values', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 300 }), (values) => {
      const detector = new Adwin({ gracePeriod: 1_000 });
      for (const x of values) detector.update(x);
      return detector.width === values.length && detector.total === values.reduce((sum, x) => sum + x, 0);
    }),
  );
  t.end();
});

t.test('a decrease of the loss is not an alarm', (t) => {
  const level = (i: number): number => (i < 1_000 ? 4 : i < 2_000 ? 1 : 5) + (i % 2);
  const window = new Adwin();
  const detector = adwin({ watches: 'loss' }).open();
  const changes: number[] = [];
  const alarms: number[] = [];
  for (let i = 0; i < 3_000; i += 1) {
    if (window.update(level(i))) changes.push(i);
    if (detector.update(level(i))) alarms.push(i);
  }
  t.ok(changes.length >= 2);
  t.same(
    alarms,
    changes.filter((i) => i >= 2_000),
  );
  t.same(detector.report(), { value: window.estimation });
  t.end();
});
