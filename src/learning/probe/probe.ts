// Probes a model (control path): how far a small change of each input moves its score, and what the sender of an event attains
// by the inputs that the event sets.
import type { ProbedInput, ProbeGoal, ProbeReport } from '../../core/probe-report.ts';
import { sampleQuantile } from '../../stats/quantile.ts';
import { gradientSign, greedy, type TriedInput } from './attack.ts';
import { ChangedVectors, type ChangedRows, type ScoreVectors } from './changed-rows.ts';
import { movesOf, type FollowInputs, type ProbeInput, type Vectors } from './input.ts';
import { movement } from './movement.ts';

const MEDIAN = 0.5;

export interface ProbeSettings {
  /** Length of a step as a share of the distance between the first and the last decile of what was logged. */
  readonly step: number;
  /** A score is above it from the threshold itself on; null for the median of the scores. */
  readonly threshold: number | null;
  readonly goal: ProbeGoal;
  /** Inputs that the greedy attack may change. */
  readonly budget: number;
}

export interface ProbeParts {
  readonly vectors: Vectors;
  readonly inputs: readonly ProbeInput[];
  readonly follow: FollowInputs;
  readonly score: ScoreVectors;
  /** Scores that the task can have. */
  readonly output: { readonly low: number; readonly high: number };
}

export type ProbeFindings = Pick<ProbeReport, 'scores' | 'inputs' | 'gradientSign' | 'greedy'> & {
  /** Vectors whose logged form the model can score. */
  readonly rows: number;
  readonly threshold: number;
};

export async function probe(parts: ProbeParts, settings: ProbeSettings): Promise<ProbeFindings> {
  const changes = new ChangedVectors(parts.follow, parts.score, parts.output);
  const { vectors, base } = await scorable(parts.vectors, changes);
  const { goal, budget, step } = settings;
  const threshold = settings.threshold ?? sampleQuantile(base.toSorted(), MEDIAN);
  const inputs: ProbedInput[] = [];
  const tried: TriedInput[] = [];
  for (const input of parts.inputs) {
    const moves = movesOf(input, vectors, step);
    const changed: ChangedRows[] = [];
    for (const to of moves.to) changed.push(await changes.changed(vectors, input, to));
    const { features, kind, steering, columns } = input;
    const { step: length, low, high } = moves;
    inputs.push({
      features,
      kind,
      steering,
      columns,
      step: length,
      low,
      high,
      ...effects(changed, base, threshold),
      slope: length === null ? null : slopeOf(vectors, input, moves.to, changed, base),
    });
    if (steering === 'event') tried.push({ input, moves, changed });
  }
  const attack = { vectors, base, tried, changes, goal, threshold };
  return {
    rows: vectors.rowCount,
    threshold,
    scores: {
      mean: movement([...base]).mean,
      above: shareOf(base, (score) => score >= threshold),
    },
    inputs: inputs.sort((a, b) => b.moved.max - a.moved.max || b.moved.mean - a.moved.mean),
    gradientSign: await gradientSign(attack),
    greedy: await greedy(attack, budget),
  };
}

/** The vectors that have a score as they were logged: there is nothing to compare the others with. */
async function scorable(
  { values, rowCount, width }: Vectors,
  changes: ChangedVectors,
): Promise<{ vectors: Vectors; base: Float32Array }> {
  const scores = await changes.scores(values, rowCount);
  const kept = new Float32Array(values.length);
  let count = 0;
  for (const [row, score] of scores.entries())
    if (!Number.isNaN(score)) kept.set(values.subarray(row * width, (row + 1) * width), width * count++);
  const vectors = { values: kept.subarray(0, count * width), rowCount: count, width };
  return { vectors, base: scores.filter((score) => !Number.isNaN(score)) };
}

function shareOf(scores: Float32Array, holds: (score: number) => boolean): number {
  return scores.length === 0 ? 0 : scores.filter((score) => holds(score)).length / scores.length;
}

/** The larger distance of the moves of each row, and the rows that one of them takes across the threshold. */
function effects(
  changed: readonly ChangedRows[],
  base: Float32Array,
  threshold: number,
): Pick<ProbedInput, 'moved' | 'flips' | 'invalid'> {
  const distances = new Float64Array(base.length).fill(Number.NaN);
  const flipped = new Uint8Array(base.length);
  for (const { rows, scores } of changed) {
    for (const [i, row] of rows.entries()) {
      const [from, to] = [base[row] as number, scores[i] as number];
      if (Number.isNaN(to)) continue;
      const before = distances[row] as number;
      distances[row] = Math.max(Number.isNaN(before) ? 0 : before, Math.abs(to - from));
      if (to >= threshold !== from >= threshold) flipped[row] = 1;
    }
  }
  return {
    moved: movement([...distances].filter((distance) => !Number.isNaN(distance))),
    flips: base.length === 0 ? 0 : flipped.reduce((sum, flip) => sum + flip, 0) / base.length,
    invalid: changed.reduce((sum, { invalid }) => sum + invalid, 0),
  };
}

/** Mean of the central differences; one-sided for a row at a bound. */
function slopeOf(
  { values, width }: Vectors,
  input: ProbeInput,
  to: ReadonlyArray<(value: number) => number>,
  changed: readonly ChangedRows[],
  base: Float32Array,
): number | null {
  const rise = new Float64Array(base.length);
  const run = new Float64Array(base.length);
  for (const [m, { rows, scores }] of changed.entries()) {
    for (const [i, row] of rows.entries()) {
      const value = values[row * width + (input.at[0] as number)] as number;
      const score = scores[i] as number;
      if (Number.isNaN(score)) continue;
      const sign = m === 0 ? 1 : -1;
      rise[row] = (rise[row] as number) + sign * (score - (base[row] as number));
      run[row] = (run[row] as number) + sign * ((to[m]?.(value) ?? value) - value);
    }
  }
  const slopes = [...run.entries()].flatMap(([row, length]) =>
    length > 0 ? [(rise[row] as number) / length] : [],
  );
  return slopes.length === 0 ? null : movement(slopes).mean;
}
