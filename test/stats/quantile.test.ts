import t from 'tap';
import { sampleQuantile } from '../../src/stats/quantile.ts';
import vectors from '../vectors/stats-others.json' with { type: 'json' };

t.test('equals NumPy to the last bit', (t) => {
  const sample = Float64Array.from(vectors.quantile.sample);
  vectors.quantile.levels.forEach((q, i) => {
    t.equal(sampleQuantile(sample, q), vectors.quantile.values[i], `q ${q}`);
  });
  t.end();
});

t.test('one value equals every quantile; no values have none', (t) => {
  t.equal(sampleQuantile(Float64Array.of(3), 0.7), 3);
  t.ok(Number.isNaN(sampleQuantile(new Float64Array(0), 0.5)));
  t.end();
});
