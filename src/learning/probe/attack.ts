// What the sender of an event attains with a model that it can only ask (control path). Directions come from finite differences,
// so that any graph can be probed, trees as well.
import type { ProbedAttack, ProbeGoal } from '../../core/probe-report.ts';
import type { ChangedRows, ChangedVectors } from './changed-rows.ts';
import type { ProbeInput, ProbeMoves, Vectors } from './input.ts';
import { movement } from './movement.ts';

/** An input that the event sets, with the scores after each of its moves. */
export interface TriedInput {
  readonly input: ProbeInput;
  readonly moves: ProbeMoves;
  readonly changed: readonly ChangedRows[];
}

export interface AttackParts {
  readonly vectors: Vectors;
  /** Scores as they were logged. */
  readonly base: Float32Array;
  readonly tried: readonly TriedInput[];
  readonly changes: ChangedVectors;
  readonly goal: ProbeGoal;
  readonly threshold: number;
}

/** The best move of a row so far. */
interface Best {
  readonly input: ProbeInput;
  readonly to: number;
  readonly gain: number;
}

function gainOf(goal: ProbeGoal, from: number, to: number): number {
  return goal === 'lower' ? from - to : to - from;
}

function report(
  { base, goal, threshold }: AttackParts,
  reached: Float32Array,
  uses: ReadonlyMap<ProbeInput, number>,
): ProbedAttack {
  const gains: number[] = [];
  let [targets, crossed] = [0, 0];
  for (const [row, from] of base.entries()) {
    const to = reached[row] as number;
    if (!Number.isNaN(to)) gains.push(gainOf(goal, from, to));
    if (from >= threshold !== (goal === 'lower')) continue;
    targets += 1;
    if (!Number.isNaN(to) && to >= threshold !== from >= threshold) crossed += 1;
  }
  const used = [...uses].sort(([, a], [, b]) => b - a).map(([{ features }, rows]) => ({ features, rows }));
  return { moved: movement(gains), targets, flips: targets === 0 ? 0 : crossed / targets, used };
}

/**
 * The fast gradient sign method (Goodfellow, Shlens, Szegedy: "Explaining and harnessing adversarial examples", ICLR 2015):
 * every input takes one step in the direction of the sign of its partial derivative, all at once. The sign is that of the
 * central difference; a category changes to the best one by itself.
 */
export async function gradientSign(parts: AttackParts): Promise<ProbedAttack> {
  const { vectors, base, tried, changes, goal } = parts;
  const { rowCount, width } = vectors;
  const values = vectors.values.slice();
  const uses = new Map<ProbeInput, number>();
  for (const { input, moves, changed } of tried) {
    const best = new Float64Array(rowCount).fill(Number.NaN);
    const gains = new Float64Array(rowCount);
    for (const [m, { rows, scores }] of changed.entries()) {
      for (const [i, row] of rows.entries()) {
        const gain = gainOf(goal, base[row] as number, scores[i] as number);
        if (!(gain > (gains[row] as number))) continue;
        gains[row] = gain;
        best[row] = m;
      }
    }
    if (input.kind === 'numeric') alongGradient(changed, base, goal, best);
    for (const [row, m] of best.entries()) {
      if (Number.isNaN(m)) continue;
      const at = row * width;
      const to = moves.to[m]?.(values[at + (input.at[0] as number)] as number) ?? Number.NaN;
      if (Number.isNaN(to)) continue;
      changes.set(values, at, input, to);
      uses.set(input, (uses.get(input) ?? 0) + 1);
    }
  }
  return report(parts, await changes.scores(values, rowCount), uses);
}

/** Move 0 is a step up and move 1 one down: the one that the central difference points to. */
function alongGradient(
  [up, down]: readonly ChangedRows[],
  base: Float32Array,
  goal: ProbeGoal,
  best: Float64Array,
): void {
  const difference = new Float64Array(base.length);
  const add = (changed: ChangedRows | undefined, sign: number): void => {
    for (const [i, row] of (changed?.rows ?? []).entries()) {
      const score = changed?.scores[i] ?? Number.NaN;
      if (!Number.isNaN(score))
        difference[row] = (difference[row] as number) + sign * (score - (base[row] as number));
    }
  };
  add(up, 1);
  add(down, -1);
  for (const [row, slope] of difference.entries())
    best[row] = slope === 0 ? Number.NaN : slope < 0 === (goal === 'lower') ? 0 : 1;
}

/** Up to `budget` inputs, each time the one that gains most from where the vector is by then. */
export async function greedy(parts: AttackParts, budget: number): Promise<ProbedAttack> {
  const { vectors, base, tried, changes, goal } = parts;
  const { rowCount, width } = vectors;
  const values = vectors.values.slice();
  const current: Vectors = { values, rowCount, width };
  const reached = base.slice();
  const used: Array<Set<ProbeInput>> = Array.from({ length: rowCount }, () => new Set());
  const uses = new Map<ProbeInput, number>();
  for (let round = 0; round < budget; round++) {
    const best: Array<Best | undefined> = Array.from({ length: rowCount });
    for (const { input, moves, changed } of tried) {
      for (const [m, to] of moves.to.entries()) {
        const free = (value: number, row: number): number => (used[row]?.has(input) ? Number.NaN : to(value));
        // The first round is what the inputs were tried with.
        const { rows, scores } =
          (round === 0 ? changed[m] : undefined) ?? (await changes.changed(current, input, free));
        for (const [i, row] of rows.entries()) {
          const gain = gainOf(goal, reached[row] as number, scores[i] as number);
          if (!(gain > (best[row]?.gain ?? 0))) continue;
          best[row] = { input, gain, to: to(values[row * width + (input.at[0] as number)] as number) };
        }
      }
    }
    if (best.every((one) => one === undefined)) break;
    for (const [row, one] of best.entries()) {
      if (one === undefined) continue;
      changes.set(values, row * width, one.input, one.to);
      reached[row] = (reached[row] as number) - (goal === 'lower' ? one.gain : -one.gain);
      used[row]?.add(one.input);
      uses.set(one.input, (uses.get(one.input) ?? 0) + 1);
    }
  }
  return report(parts, await changes.scores(values, rowCount), uses);
}
