// Distances between scores as three figures (control path).
import type { Movement } from '../../core/probe-report.ts';
import { sampleQuantile } from '../../stats/quantile.ts';

const P95 = 0.95;

export function movement(distances: readonly number[]): Movement {
  const rows = distances.length;
  if (rows === 0) return { rows, mean: 0, p95: 0, max: 0 };
  const ascending = Float64Array.from(distances).sort();
  const mean = ascending.reduce((sum, distance) => sum + distance, 0) / rows;
  return { rows, mean, p95: sampleQuantile(ascending, P95), max: ascending.at(-1) as number };
}
