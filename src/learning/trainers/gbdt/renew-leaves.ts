// Scores of leaves by their rows (hot path of training), for a loss whose derivatives do not say how large a step is.
import type { BinnedFeature } from './binned-rows.ts';
import type { Grown } from './grow.ts';

/**
 * Replaces the scores of a tree's leaves. Below a split by a monotone feature neither side crosses the middle of what both would be,
 * as in the growing of a tree.
 * @param scoreOf of the rows [from, to) of those that the tree was fitted to
 */
export function renewLeaves(
  { tree, leaves }: Grown,
  features: readonly BinnedFeature[],
  learningRate: number,
  scoreOf: (from: number, to: number) => number,
): void {
  const count = tree.features.length;
  const from = new Uint32Array(count);
  const to = new Uint32Array(count);
  for (const leaf of leaves) {
    from[leaf.node] = leaf.from;
    to[leaf.node] = leaf.to;
  }
  // Children are behind their parents, and the rows of both sides one behind the other.
  for (let node = count - 1; node >= 0; node -= 1) {
    if ((tree.features[node] as number) < 0) continue;
    from[node] = from[tree.lefts[node] as number] as number;
    to[node] = to[tree.rights[node] as number] as number;
  }
  const low = new Float64Array(count).fill(-Infinity);
  const high = new Float64Array(count).fill(Infinity);
  const within = (node: number, bounds: number): number => {
    const score = scoreOf(from[node] as number, to[node] as number);
    return Math.min(high[bounds] as number, Math.max(low[bounds] as number, score));
  };
  for (let node = 0; node < count; node += 1) {
    const index = tree.features[node] as number;
    if (index < 0) {
      tree.values[node] = Math.fround(learningRate * within(node, node));
      continue;
    }
    const sides = [tree.lefts[node] as number, tree.rights[node] as number] as const;
    for (const side of sides) {
      low[side] = low[node] as number;
      high[side] = high[node] as number;
    }
    const { monotone } = features[index] as BinnedFeature;
    if (monotone === 0) continue;
    const between = (within(sides[0], node) + within(sides[1], node)) / 2;
    const [below, above] = monotone > 0 ? sides : [sides[1], sides[0]];
    high[below] = between;
    low[above] = between;
  }
}
