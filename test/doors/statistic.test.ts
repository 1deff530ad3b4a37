// A drift statistic that is written outside src, in a topology's drift reports.
import t from 'tap';
import { ks, psi } from 'millrace';
import { referenceColumn, windowColumn } from 'millrace/testing';
import vectors from '../vectors/stats-drift.json' with { type: 'json' };
import { drive } from './clicks.ts';
import { hellinger } from './hellinger.ts';

t.test('it equals its definition, computed with SciPy', async (t) => {
  for (const { a, b, distance } of vectors.hellinger) {
    const reference = referenceColumn(a, 'categorical');
    const { value, pValue } = hellinger().fit(reference)(windowColumn(b, reference));
    t.ok(Math.abs(value - distance) < 1e-12, `${value} ${distance}`);
    t.ok(pValue !== null && pValue >= 0 && pValue <= 1);
  }
});

t.test('Monte Carlo: its p-value is uniform under the null hypothesis', async (t) => {
  let seed = 1;
  const draw = (): number => (seed = (seed * 48_271) % 0x7f_ff_ff_ff) % 6;
  const reference = referenceColumn(Array.from({ length: 3_000 }, draw), 'categorical');
  const measure = hellinger().fit(reference);
  let below = 0;
  for (let run = 0; run < 400; run++) {
    const { pValue } = measure(windowColumn(Array.from({ length: 400 }, draw), reference));
    if (pValue !== null && pValue <= 0.1) below += 1;
  }
  t.ok(below > 20 && below < 65, `${below} of 400 below 0.1`);
});

t.test('its reports are added to those of psi and ks, with its own name', async (t) => {
  const { driftReports } = await drive({ statistics: [psi(), ks(), hellinger()] });
  const [stable, changed] = [2, 3].map((day) =>
    driftReports.filter(({ toMs, detector }) => toMs === day * 86_400_000 && detector === 'hellinger'),
  );
  t.match(stable, [
    { feature: 'page', drifted: false, psi: null, ks: null },
    { feature: 'depth', drifted: false },
    { feature: 'score' },
  ]);
  t.match(changed, [
    { feature: 'page', drifted: true, n: 1_400, psiThreshold: 0.1, version: 'v1' },
    { feature: 'depth', drifted: true },
    { feature: 'score' },
  ]);
  for (const { value, pValue, pAdjusted } of (changed ?? []).slice(0, 2)) {
    t.ok(value !== null && value > 0.1 && value <= 1);
    t.ok(pValue !== null && pAdjusted !== null && pAdjusted >= pValue && pAdjusted < 1e-6);
  }
  t.same(
    [...new Set(driftReports.map(({ detector }) => detector))],
    ['psi_ks', 'hellinger', 'adwin', 'page_hinkley', 'adwin_error', 'page_hinkley_error'],
  );
});

t.test('without it the reports are those of the default statistics', async (t) => {
  const [plain, listed] = [await drive({}), await drive({ statistics: [psi(), ks(), hellinger()] })];
  t.ok(plain.driftReports.length > 10);
  t.same(
    listed.driftReports.filter(({ detector }) => detector !== 'hellinger'),
    plain.driftReports,
  );
});
