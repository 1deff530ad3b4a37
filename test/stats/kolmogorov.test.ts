import t from 'tap';
import { kolmogorovTail } from '../../src/stats/kolmogorov.ts';
import vectors from '../vectors/stats-ks.json' with { type: 'json' };

t.test('equals scipy.stats.kstwo.sf within 1e-9, and in relative terms in the far tail', (t) => {
  for (const { n, d, p } of vectors.tail) {
    const tail = kolmogorovTail(n, d);
    t.ok(Math.abs(tail - p) <= 1e-9, `n ${n}, d ${d}: ${tail}, SciPy ${p}`);
    if (p > 0 && n * d * d >= 4) t.ok(Math.abs(tail / p - 1) <= 1e-9, `n ${n}, d ${d}, relatively`);
  }
  t.end();
});

t.test('edge cases', (t) => {
  t.equal(kolmogorovTail(10, 0), 1);
  t.equal(kolmogorovTail(10, 1), 0);
  t.ok(Number.isNaN(kolmogorovTail(10, NaN)));
  t.end();
});

t.test('decreases with d and with n', (t) => {
  for (const n of [3, 20, 140, 141, 1500]) {
    let before = 1;
    for (let d = 0.001; d < 1; d += 0.003) {
      const tail = kolmogorovTail(n, d);
      t.ok(tail <= before + 1e-9 && tail >= 0, `n ${n}, d ${d}`);
      before = tail;
    }
  }
  t.end();
});
