import * as fc from 'fast-check';
import t from 'tap';
import { pageHinkley, PageHinkley } from '../../src/stats/page-hinkley.ts';
import type { PageHinkleyTestOptions, PageHinkleySnapshot } from '../../src/stats/page-hinkley.ts';
import vectors from '../vectors/stats-detectors.json' with { type: 'json' };
import { near } from './close.ts';

t.test('equals River in every detection and in the mean', (t) => {
  for (const { stream, options, detections, mean } of vectors.pageHinkley) {
    const { min_instances, ...same } = options;
    const detector = new PageHinkley({
      ...(same as PageHinkleyTestOptions),
      ...(min_instances !== undefined && { minInstances: min_instances }),
    });
    const found: number[] = [];
    vectors.streams[stream as keyof typeof vectors.streams].forEach((x, i) => {
      if (detector.update(x)) found.push(i);
    });
    t.same(found, detections, `${stream} ${JSON.stringify(options)}`);
    t.ok(near(detector.estimation, mean, 1e-12));
  }
  t.end();
});

t.test('invalid settings are rejected', (t) => {
  for (const options of [{ alpha: 0 }, { alpha: 1.1 }, { threshold: 0 }]) {
    t.throws(() => new PageHinkley(options), { code: 'CONFIG_INVALID' });
  }
  t.end();
});

t.test('property: a detector restored from JSON continues identically', (t) => {
  const stream = fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 120 });
  fc.assert(
    fc.property(stream, stream, (before, after) => {
      const options = { threshold: 5, minInstances: 3 };
      const detector = new PageHinkley(options);
      for (const x of before) detector.update(x);
      const copy = new PageHinkley(options);
      copy.restore(JSON.parse(JSON.stringify(detector.snapshot())) as PageHinkleySnapshot);
      return after.every((x) => detector.update(x) === copy.update(x));
    }),
  );
  t.end();
});

t.test('a decrease of the loss is not an alarm', (t) => {
  const alarms = (from: number, to: number): number => {
    const detector = pageHinkley().open();
    let count = 0;
    for (let i = 0; i < 400; i += 1) count += Number(detector.update(i < 200 ? from : to));
    return count;
  };
  t.ok(alarms(0, 5) > 0);
  t.equal(alarms(5, 0), 0);
  t.end();
});
