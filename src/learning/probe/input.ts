// An input of a model as a probe changes it (control path), and the values that it may change to.
import type { Steering } from '../../core/probe-report.ts';
import { PROBE_CATEGORIES_MAX } from '../../core/model-limits.ts';
import { sampleQuantile } from '../../stats/quantile.ts';

/** What is declared of an input. */
export interface ProbeInput {
  /** Names of the features that change together, and their positions in the vector. */
  readonly features: readonly string[];
  readonly at: readonly number[];
  readonly kind: 'numeric' | 'categorical';
  readonly steering: Steering;
  /** Columns of the sender that steer it. */
  readonly columns: readonly string[];
  /** What the contract and the type of the column allow; null if its values stay in the range of what was logged. */
  readonly range: { readonly low: number; readonly high: number } | null;
  /** Whether its values must be whole. */
  readonly isWhole: boolean;
  /** Codes of the categories that the contract allows; null for those that were logged. */
  readonly categories: readonly number[] | null;
}

/** Sets the features that follow from others, of the vector that begins at `base`. */
export type FollowInputs = (values: Float32Array, base: number) => void;

/** Vectors, row-major. */
export interface Vectors {
  readonly values: Float32Array;
  readonly rowCount: number;
  readonly width: number;
}

/** What an input may change to. */
export interface ProbeMoves {
  /** Length of a step; null for a category. */
  readonly step: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** A step up and one down, or a category each: the new value of an input, NaN if it cannot change so. */
  readonly to: ReadonlyArray<(value: number) => number>;
}

const LOW_DECILE = 0.1;
const HIGH_DECILE = 0.9;

/** The values that were logged of an input, without those that are missing or infinite, ascending. */
function loggedValues({ values, rowCount, width }: Vectors, at: number): Float32Array {
  const logged = Float32Array.from({ length: rowCount }, (_, row) => values[row * width + at] as number);
  return logged.filter((value) => Number.isFinite(value)).sort();
}

/** @param share of the distance between the first and the last decile that a step has */
export function movesOf(input: ProbeInput, vectors: Vectors, share: number): ProbeMoves {
  const logged = loggedValues(vectors, input.at[0] as number);
  return input.kind === 'categorical' ? categories(input, logged) : steps(input, logged, share);
}

/** What stands for all values but a few rare ones is the whole range: a step of 0 would say nothing. */
function spread(logged: Float32Array): number {
  const deciles = sampleQuantile(logged, HIGH_DECILE) - sampleQuantile(logged, LOW_DECILE);
  if (deciles > 0) return deciles;
  return logged.length === 0 ? 0 : (logged.at(-1) as number) - (logged[0] as number);
}

function steps({ range, isWhole }: ProbeInput, logged: Float32Array, share: number): ProbeMoves {
  const staysWhole = isWhole || logged.every((value) => Number.isInteger(value));
  const wide = spread(logged);
  const step = staysWhole && wide > 0 ? Math.max(1, Math.round(share * wide)) : share * wide;
  const low = range === null ? (logged[0] ?? Number.NaN) : range.low;
  const high = range === null ? (logged.at(-1) ?? Number.NaN) : range.high;
  const [least, most] = staysWhole ? [Math.ceil(low), Math.floor(high)] : [low, high];
  const bounded = (from: number, to: number): number => {
    if (!Number.isFinite(from)) return Number.NaN;
    // What was logged stays reachable, also where a rule that is not for this event says otherwise.
    const moved = Math.fround(
      to > from ? Math.min(to, Math.max(most, from)) : Math.max(to, Math.min(least, from)),
    );
    return moved === from || !Number.isFinite(moved) ? Number.NaN : moved;
  };
  return {
    step,
    low: Number.isFinite(least) ? least : null,
    high: Number.isFinite(most) ? most : null,
    to: [(value) => bounded(value, value + step), (value) => bounded(value, value - step)],
  };
}

/** The most frequent ones of what may be. */
function categories({ categories: allowed }: ProbeInput, logged: Float32Array): ProbeMoves {
  const counts = new Map<number, number>((allowed ?? []).map((code) => [code, 0]));
  for (const code of logged) {
    const count = counts.get(code);
    if (count !== undefined || allowed === null) counts.set(code, (count ?? 0) + 1);
  }
  const codes = [...counts].sort(([a, m], [b, n]) => n - m || a - b).slice(0, PROBE_CATEGORIES_MAX);
  const to = codes.map(
    ([code]) =>
      (value: number): number =>
        Number.isNaN(value) || value === code ? Number.NaN : code,
  );
  return { step: null, low: null, high: null, to };
}
