// auc.ts, log-loss.ts and prequential.ts compared with scikit-learn.
import * as fc from 'fast-check';
import t from 'tap';
import { auc } from '../../src/stats/auc.ts';
import { logLoss } from '../../src/stats/log-loss.ts';
import { Prequential } from '../../src/stats/prequential.ts';
import vectors from '../vectors/stats-quality.json' with { type: 'json' };
import { allNear, near } from './close.ts';

const row = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1 }));
const rows = fc.array(row, { maxLength: 80 });

t.test('equals scikit-learn', (t) => {
  for (const c of vectors.cases) {
    const quality = new Prequential();
    c.scores.forEach((score, i) => quality.add(score, c.labels[i]!));
    const m = quality.metrics();
    t.equal(m.count, c.scores.length);
    t.ok(near(m.logLoss, c.logLoss, 1e-12), 'log loss');
    t.ok(near(m.brier, c.brier, 1e-12), 'Brier');
    t.ok(near(m.precision, c.precision, 1e-12), 'precision');
    t.ok(near(m.recall, c.recall, 1e-12), 'recall');
    t.ok(near(m.calibrationError, c.calibrationError, 1e-12), 'calibration error');
    t.ok(near(auc(c.scores, c.labels), c.auc, 1e-12), 'exact AUC');
    t.ok(Math.abs(m.auc - c.auc) <= m.aucErrorMax + 1e-12, 'binned AUC within its error');
    if (c.curve === undefined) continue;
    const filled = quality.reliability().filter((bin) => bin.count > 0);
    t.ok(
      allNear(
        filled.map((bin) => bin.positiveShare),
        c.curve.positiveShare,
        1e-12,
      ),
      'curve',
    );
    t.ok(
      allNear(
        filled.map((bin) => bin.meanScore),
        c.curve.meanScore,
        1e-12,
      ),
      'curve',
    );
  }
  t.end();
});

t.test('a single class, or no row, has no AUC; saturated scores have a bounded loss', (t) => {
  t.ok(Number.isNaN(auc([0.1, 0.2], [1, 1])));
  t.ok(Number.isNaN(new Prequential().metrics().auc));
  t.ok(near(logLoss(0, 1), -Math.log(1e-7), 1e-12));
  t.ok(near(logLoss(1, 0), -Math.log(1e-7), 1e-6));
  t.throws(() => new Prequential().add(NaN, 1), { code: 'INVARIANT' });
  t.throws(() => new Prequential({ aucBins: 1 }), { code: 'CONFIG_INVALID' });
  t.end();
});

t.test('property: the exact AUC is the share of correctly ordered pairs', (t) => {
  const tied = fc.array(fc.tuple(fc.nat(6), fc.integer({ min: 0, max: 1 })), { maxLength: 40 });
  fc.assert(
    fc.property(tied, (pairs) => {
      let wins = 0;
      let count = 0;
      for (const [p, a] of pairs) {
        for (const [n, b] of pairs) {
          if (a !== 1 || b !== 0) continue;
          count += 1;
          wins += p > n ? 1 : p === n ? 0.5 : 0;
        }
      }
      const exact = auc(pairs.map(([s]) => s), pairs.map(([, l]) => l)); // prettier-ignore
      return near(exact, wins / count, 1e-12);
    }),
  );
  t.end();
});

t.test('property: merged parts equal the whole, and the binned AUC is within its error', (t) => {
  fc.assert(
    fc.property(rows, rows, (a, b) => {
      const [left, right, whole] = [0, 1, 2].map(() => new Prequential({ aucBins: 16 })) as [
        Prequential,
        Prequential,
        Prequential,
      ];
      for (const [s, l] of a) left.add(s, l);
      for (const [s, l] of b) right.add(s, l);
      const all = [...a, ...b];
      for (const [s, l] of all) whole.add(s, l);
      left.merge(right);
      const m = whole.metrics();
      const exact = auc(all.map(([s]) => s), all.map(([, l]) => l)); // prettier-ignore
      return (
        allNear(left.snapshot(), whole.snapshot(), 1e-12) &&
        (Number.isNaN(exact) ? Number.isNaN(m.auc) : Math.abs(m.auc - exact) <= m.aucErrorMax + 1e-12)
      );
    }),
  );
  t.end();
});

t.test('property: a restored accumulator continues identically', (t) => {
  fc.assert(
    fc.property(rows, rows, (before, after) => {
      const quality = new Prequential({ aucBins: 32 });
      for (const [s, l] of before) quality.add(s, l);
      const copy = new Prequential({ aucBins: 32 });
      copy.add(0.3, 1);
      copy.restore(quality.snapshot());
      for (const [s, l] of after) {
        quality.add(s, l);
        copy.add(s, l);
      }
      return allNear(copy.snapshot(), quality.snapshot(), 0);
    }),
  );
  t.end();
});
