// Small random data for gradient boosting, and the best split by trying all.
import fc from 'fast-check';
import { BinnedRows, type BinnedFeature } from '../../../../src/learning/trainers/gbdt/binned-rows.ts';
import { binEdges } from '../../../../src/learning/trainers/gbdt/edges.ts';
import { Gradients } from '../../../../src/learning/trainers/gbdt/gradients.ts';
import type { TreeRules } from '../../../../src/learning/trainers/gbdt/grow.ts';

export interface Sample {
  readonly rowCount: number;
  /** Column-major. */
  readonly columns: readonly Float32Array[];
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly ways: ReadonlyArray<-1 | 0 | 1>;
}

const values = fc.oneof(
  fc.constantFrom(Number.NaN, 0, -0, 1, 2, Infinity, -Infinity),
  fc.float({ noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
);

/** @param isConstrained whether features may be monotone */
export function samples(isConstrained: boolean): fc.Arbitrary<Sample> {
  return fc
    .record({ rowCount: fc.integer({ min: 1, max: 40 }), width: fc.integer({ min: 1, max: 6 }) })
    .chain(({ rowCount, width }) => {
      const row = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
        fc.array(each, { minLength: rowCount, maxLength: rowCount });
      const weight = fc.oneof(fc.constant(1), fc.double({ min: 0.01, max: 8, noNaN: true }));
      return fc.record({
        rowCount: fc.constant(rowCount),
        columns: fc.array(
          row(values).map((each) => Float32Array.from(each)),
          { minLength: width, maxLength: width },
        ),
        first: row(fc.oneof(fc.constantFrom(-1, 0, 1), fc.double({ min: -5, max: 5, noNaN: true }))).map(
          (each) => Float64Array.from(each),
        ),
        second: row(weight).map((each) => Float64Array.from(each)),
        ways: fc.array(isConstrained ? fc.constantFrom(-1, 0, 1) : fc.constant(0), {
          minLength: width,
          maxLength: width,
        }),
      }) as fc.Arbitrary<Sample>; // the arbitraries say number where the sample has -1, 0 and 1
    });
}

export const rules: TreeRules = {
  l2: 0.5,
  leafRowsMin: 2,
  leafWeightMin: 0.1,
  leavesMax: 6,
  depthMax: null,
  learningRate: 1,
};

export function binnedOf({ columns, rowCount, ways }: Sample): BinnedRows {
  const features = columns.map((values, column): BinnedFeature => {
    const hasMissing = values.some(Number.isNaN);
    const known = values.filter((value) => !Number.isNaN(value));
    return { column, edges: binEdges(known, 255), hasMissing, monotone: ways[column] ?? 0 };
  });
  const binned = new BinnedRows(features, rowCount);
  for (const [i, values] of columns.entries()) binned.fill(i, values, 0, 1);
  return binned;
}

export function allRows(rowCount: number): Uint32Array {
  return Uint32Array.from({ length: rowCount }, (_, row) => row);
}

export function gradientsOf({ first, second, rowCount }: Sample): Gradients {
  const gradients = new Gradients(rowCount);
  gradients.set(first, second, allRows(rowCount));
  return gradients;
}

/** Derivatives as the trees see them, in fixed point. */
export function derivativesOf(gradients: Gradients, row: number): { g: number; h: number } {
  const { first, second, gradientUnit, curvatureUnit, rowUnit } = gradients;
  return { g: first[row]! * gradientUnit, h: (second[row]! - rowUnit) * curvatureUnit };
}

function sumsOf(gradients: Gradients, rows: readonly number[]): { g: number; h: number } {
  const sums = { g: 0, h: 0 };
  for (const row of rows) {
    const { g, h } = derivativesOf(gradients, row);
    sums.g += g;
    sums.h += h;
  }
  return sums;
}

export function valueOf(gradients: Gradients, rows: readonly number[]): number {
  const { g, h } = sumsOf(gradients, rows);
  return -g / (h + rules.l2);
}

function gainOf(gradients: Gradients, rows: readonly number[]): number {
  const { g, h } = sumsOf(gradients, rows);
  return (g * g) / (h + rules.l2);
}

export interface Best {
  readonly gain: number;
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/** The best split of rows by every value between the bins of the raw columns, with missing ones left and right. */
export function bruteForce(
  { columns }: Sample,
  binned: BinnedRows,
  gradients: Gradients,
  rows: readonly number[],
): Best | null {
  const own = gainOf(gradients, rows);
  let best: Best | null = null;
  for (const { column, edges } of binned.features)
    for (const edge of [...edges, Infinity])
      for (const missingLeft of [false, true]) {
        const isLeft = (row: number): boolean => {
          const value = columns[column]![row]!;
          return Number.isNaN(value) ? missingLeft : value <= edge;
        };
        const left = rows.filter(isLeft);
        const right = rows.filter((row) => !isLeft(row));
        if (Math.min(left.length, right.length) < rules.leafRowsMin) continue;
        if (Math.min(sumsOf(gradients, left).h, sumsOf(gradients, right).h) < rules.leafWeightMin) continue;
        const gain = gainOf(gradients, left) + gainOf(gradients, right) - own;
        if (gain > 1e-10 * own && gain > (best?.gain ?? 0)) best = { gain, left, right };
      }
  return best;
}
