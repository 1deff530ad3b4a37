import fc from 'fast-check';
import t from 'tap';
import type { BinnedRows } from '../../../../src/learning/trainers/gbdt/binned-rows.ts';
import { Grower, type Grown, type TreeRules } from '../../../../src/learning/trainers/gbdt/grow.ts';
import type { Tree } from '../../../../src/learning/trainers/gbdt/tree.ts';
import {
  allRows,
  binnedOf,
  bruteForce,
  derivativesOf,
  gradientsOf,
  rules,
  samples,
  valueOf,
  type Sample,
} from './examples.ts';

interface Grew extends Grown {
  readonly binned: BinnedRows;
  readonly order: Uint32Array;
}

function grow(sample: Sample, more: Partial<TreeRules> = {}): Grew {
  const binned = binnedOf(sample);
  const grower = new Grower(binned, { ...rules, ...more }, gradientsOf(sample), sample.rowCount);
  const order = allRows(sample.rowCount);
  return { ...grower.grow(order, Int32Array.from(binned.features.keys())), binned, order };
}

/** Rows of each leaf, ascending, without those of no row. */
function leafRows({ leaves, order }: Grew): number[][] {
  return leaves.map(({ from, to }) => [...order.subarray(from, to)]);
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}

/** Reads a tree by the raw values of a row, as ONNX Runtime does. */
function leafOf(tree: Tree, binned: BinnedRows, columns: readonly Float32Array[], row: number): number {
  let node = 0;
  while (tree.features[node]! >= 0) {
    const { column, edges } = binned.features[tree.features[node]!]!;
    const value = columns[column]![row]!;
    const threshold = edges[tree.bins[node]!] ?? Infinity;
    const goesLeft = Number.isNaN(value) ? tree.missingLeft[node]! : value <= threshold;
    node = goesLeft ? tree.lefts[node]! : tree.rights[node]!;
  }
  return node;
}

t.test('the first split is the best of all, with missing values, weights and ties', (t) => {
  fc.assert(
    fc.property(samples(false), (sample) => {
      const grew = grow(sample, { leavesMax: 2 });
      const gradients = gradientsOf(sample);
      const best = bruteForce(sample, grew.binned, gradients, [...allRows(sample.rowCount)]);
      if (best === null) return grew.leaves.length === 1;
      if (grew.leaves.length !== 2) return false;
      const [left = [], right = []] = leafRows(grew);
      const square = (rows: number[]): number => {
        const sums = rows.map((row) => derivativesOf(gradients, row));
        const [g, h] = [
          sums.reduce((sum, each) => sum + each.g, 0),
          sums.reduce((sum, each) => sum + each.h, 0),
        ];
        return (g * g) / (h + rules.l2);
      };
      return isClose(square(left) + square(right) - square([...left, ...right]), best.gain);
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test('each further split is the best of any leaf', (t) => {
  fc.assert(
    fc.property(samples(false), (sample) => {
      const gradients = gradientsOf(sample);
      // The gains of all leaves in turn, in the tree and by trying all: ties may be broken otherwise.
      const [total] = [3, 6].map((leavesMax) => {
        const grew = grow(sample, { leavesMax });
        return leafRows(grew).every((rows) => {
          const split = bruteForce(sample, grew.binned, gradients, rows);
          return split === null || grew.leaves.length === leavesMax;
        });
      });
      return total === true;
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test('a row reaches the same leaf by its bins, by its raw values, and in the order of rows', (t) => {
  fc.assert(
    fc.property(samples(true), (sample) => {
      const grew = grow(sample);
      const { tree, binned } = grew;
      const scores = new Float64Array(sample.rowCount);
      tree.addTo(scores, 0, binned, 0, sample.rowCount);
      return grew.leaves.every(({ node, from, to }) =>
        [...grew.order.subarray(from, to)].every(
          (row) => leafOf(tree, binned, sample.columns, row) === node && scores[row] === tree.values[node],
        ),
      );
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('leaves have rows and weight enough, and the score of the lowest loss', (t) => {
  fc.assert(
    fc.property(samples(false), (sample) => {
      const grew = grow(sample, { learningRate: 0.5 });
      const gradients = gradientsOf(sample);
      if (grew.leaves.length > rules.leavesMax) return false;
      return leafRows(grew).every((rows, i) => {
        const weight = rows.reduce((sum, row) => sum + derivativesOf(gradients, row).h, 0);
        const isLarge = rows.length >= rules.leafRowsMin && weight >= rules.leafWeightMin * (1 - 1e-12);
        const value = grew.tree.values[grew.leaves[i]!.node]!;
        return (
          (isLarge || grew.leaves.length === 1) &&
          Math.abs(value - 0.5 * valueOf(gradients, rows)) <= 1e-6 * Math.max(1, Math.abs(value))
        );
      });
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test('no path is longer than depthMax', (t) => {
  fc.assert(
    fc.property(samples(false), fc.integer({ min: 1, max: 3 }), (sample, depthMax) => {
      const { tree } = grow(sample, { depthMax, leavesMax: 20 });
      const depth = (node: number): number =>
        tree.features[node]! < 0 ? 0 : 1 + Math.max(depth(tree.lefts[node]!), depth(tree.rights[node]!));
      return depth(0) <= depthMax;
    }),
    { numRuns: 100 },
  );
  t.end();
});

t.test('along a monotone feature the score never moves the other way', (t) => {
  fc.assert(
    fc.property(samples(true), (sample) => {
      const { tree, binned } = grow(sample, { leavesMax: 12 });
      const probe = [-Infinity, -1e9, -2, -0.5, 0, 0.5, 1.5, 2.5, 1e9, Infinity];
      return sample.ways.every((way, column) => {
        if (way === 0) return true;
        return [...allRows(sample.rowCount)].every((row) => {
          const scores = probe.map((value) => {
            const columns = sample.columns.map((each, i) =>
              i === column ? Float32Array.from(each).fill(value) : each,
            );
            return tree.values[leafOf(tree, binned, columns, row)]!;
          });
          return scores.every((score, i) => i === 0 || (score - scores[i - 1]!) * way >= 0);
        });
      });
    }),
    { numRuns: 200 },
  );
  t.end();
});
