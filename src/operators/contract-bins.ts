// The bins of a reference distribution (control path makes them; finding a value's bin is on the hot path).
import type { Column } from '../core/batch.ts';
import { NULL_CODE, type Dictionary } from '../core/dictionary.ts';
import { shown } from '../core/option-checks.ts';
import { psiBins, type PsiBins } from '../stats/psi-bins.ts';

/**
 * A distribution as bins and their shares, plain data. Of numbers, bin i holds edges[i] < v <= edges[i + 1], the first its
 * lower edge as well; of strings, bin i is the string edges[i]. Two shares follow: of all other values, and of nulls.
 */
export type DistributionReference =
  | { readonly kind: 'numeric'; readonly edges: readonly number[]; readonly shares: readonly number[] }
  | { readonly kind: 'strings'; readonly edges: readonly string[]; readonly shares: readonly number[] };

/** A string has a bin of its own from this share of the reference on: rarer ones make the figure noisy. */
const SHARE_MIN = 0.01;

/**
 * The distribution of sample values: deciles of numbers, or the strings that are 1 % of the sample or more.
 * @example referenceOf([12, 5.5, null, 80])
 */
export function referenceOf(values: ReadonlyArray<number | string | null>): DistributionReference {
  const isText = values.some((value) => typeof value === 'string');
  if (!isText && values.length > 0) {
    const numbers = Float64Array.from(values, (value) => (typeof value === 'number' ? value : Number.NaN));
    const { edges, shares } = psiBins(numbers);
    return { kind: 'numeric', edges, shares };
  }
  const counts = new Map<string, number>();
  for (const value of values) if (typeof value === 'string') counts.set(value, (counts.get(value) ?? 0) + 1);
  const common = [...counts].filter(([, count]) => count >= SHARE_MIN * values.length);
  common.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const inner = common.map(([, count]) => count / values.length);
  const missing = values.filter((value) => value === null).length / Math.max(1, values.length);
  const others = 1 - missing - inner.reduce((sum, share) => sum + share, 0);
  return { kind: 'strings', edges: common.map(([text]) => text), shares: [...inner, others, missing] };
}

/** What is wrong with a reference, as a clause; null if nothing is. */
export function binsProblem(value: unknown): string | null {
  const { kind, edges, shares } = Object(value) as Partial<Record<string, unknown>>;
  if (!Array.isArray(edges) || !Array.isArray(shares) || (kind !== 'numeric' && kind !== 'strings'))
    return `${shown(value)} is no reference: use referenceOf(values)`;
  const inner = kind === 'numeric' ? Math.max(0, edges.length - 1) : edges.length;
  const isOfKind = kind === 'numeric' ? areAscending(edges) : edges.every((edge) => typeof edge === 'string');
  if (!isOfKind)
    return `its edges ${shown(edges)} are not ${kind === 'numeric' ? 'ascending numbers' : 'strings'}`;
  const total = shares.reduce<number>((sum, share) => sum + (isShare(share) ? share : Number.NaN), 0);
  if (shares.length !== inner + 2 || !(Math.abs(total - 1) < 1e-6))
    return `its shares are not ${inner + 2} numbers that sum to 1`;
  return null;
}

function areAscending(edges: readonly unknown[]): boolean {
  return edges.every(
    (edge, i) =>
      typeof edge === 'number' && Number.isFinite(edge) && edge >= ((edges[i - 1] as number) ?? edge),
  );
}

function isShare(share: unknown): share is number {
  return typeof share === 'number' && share >= 0;
}

export interface OpenBins {
  readonly psi: PsiBins;
  /** Looks at the column of a batch; the result is the bin of a row. */
  reader(column: Column | undefined): (row: number) => number;
}

export function openBins(reference: DistributionReference): OpenBins {
  const { shares } = reference;
  const other = shares.length - 2;
  const missing = shares.length - 1;
  if (reference.kind === 'strings') {
    const binOf = new Map(reference.edges.map((text, bin) => [text, bin]));
    const codes = new WeakMap<Dictionary, number[]>();
    return {
      psi: { kind: 'categorical', edges: [], shares },
      reader(column) {
        if (column?.kind !== 'string') return () => other;
        const known = codes.get(column.dictionary) ?? [];
        codes.set(column.dictionary, known);
        return (row) => {
          const code = column.codes[row] as number;
          if (code === NULL_CODE) return missing;
          return (known[code] ??= binOf.get(column.dictionary.decode(code) as string) ?? other);
        };
      },
    };
  }
  const edges = Float64Array.from(reference.edges);
  const last = edges.length - 1;
  return {
    psi: { kind: 'numeric', edges: reference.edges, shares },
    reader(column) {
      if (column?.kind !== 'number') return () => other;
      return (row) => {
        const value = column.values[row] as number;
        if (Number.isNaN(value)) return missing;
        if (!(value >= (edges[0] ?? Infinity) && value <= (edges[last] as number))) return other;
        let bin = 0;
        for (let i = 1; i < last; i++) if (value > (edges[i] as number)) bin++;
        return bin;
      };
    },
  };
}
