// A drift detector that is written outside src, in a topology's drift reports.
import fc from 'fast-check';
import t from 'tap';
import { adwin, pageHinkley } from 'millrace';
import vectors from '../vectors/stats-drift.json' with { type: 'json' };
import { drive } from './clicks.ts';
import { ddm } from './ddm.ts';

const LOSSES = [0.1, 2.3] as const;

t.test('equals River in every detection', async (t) => {
  for (const { errors, detections } of vectors.ddm) {
    const detector = ddm().open();
    const found = errors.flatMap((error, i) => (detector.update(LOSSES[error as 0 | 1]) ? [i] : []));
    t.same(found, detections);
  }
  t.ok(vectors.ddm.some(({ detections }) => detections.length > 0));
});

t.test('a detector restored from JSON continues identically', async (t) => {
  const losses = fc.array(fc.constantFrom(...LOSSES), { maxLength: 120 });
  fc.assert(
    fc.property(losses, losses, (before, after) => {
      const detector = ddm(5).open();
      for (const loss of before) detector.update(loss);
      const copy = ddm(5).open();
      copy.restore(JSON.parse(JSON.stringify(detector.snapshot())) as ReturnType<typeof copy.snapshot>);
      return after.every((loss) => detector.update(loss) === copy.update(loss));
    }),
  );
  t.pass();
});

t.test('its reports are added to those of other detectors, with the loss of the task', async (t) => {
  const defaults = [adwin(), pageHinkley(), adwin({ watches: 'error' }), pageHinkley({ watches: 'error' })];
  const { driftReports } = await drive({ detectors: [...defaults, ddm()] });
  const alarmsOf = (detector: string): unknown[] =>
    driftReports
      .filter((row) => row.detector === detector)
      .map(({ toMs, drifted }) => [toMs / 86_400_000, drifted]);
  t.same(alarmsOf('ddm'), [
    [2, false],
    [3, true],
  ]);
  t.match(
    driftReports.find(({ detector }) => detector === 'ddm'),
    { feature: 'log_loss', n: 1_400, psi: null, ks: null, version: 'v1' },
  );
  t.ok(driftReports.every(({ detector, value }) => detector !== 'ddm' || (value ?? 1) < 1));
  const plain = (await drive({})).driftReports;
  t.same(
    driftReports.filter(({ detector }) => detector !== 'ddm'),
    plain,
    'reports of other detectors do not change',
  );
});
