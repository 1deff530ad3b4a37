// The isotonic map (control path): the rising probabilities of the least squares, by pooling adjacent violators, which for labels
// of 0 and 1 are those of the least log loss as well. Source: B. Zadrozny, C. Elkan, "Transforming classifier scores into accurate
// multiclass probability estimates" (KDD 2002).
import type { IsotonicMap } from './calibration.ts';

/** Neighbours of equal probability. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly positives: number;
}

/** Blocks of a map: the model file has two knots of each. */
const BLOCKS_MAX = 100;

/**
 * Labels are 0 or 1. Probabilities keep a row's weight, 1 / (rows + 2), from 0 and 1: no label of some hundred rows proves that
 * the other one is impossible.
 */
export function fitIsotonic(scores: Float32Array, labels: Float32Array): IsotonicMap {
  const order = Uint32Array.from(scores.keys()).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number) || a - b,
  );
  const blocks: Block[] = [];
  for (let i = 0; i < order.length;) {
    const score = scores[order[i] as number] as number;
    let [rows, positives] = [0, 0];
    for (; i < order.length && scores[order[i] as number] === score; i += 1) {
      rows += 1;
      positives += labels[order[i] as number] as number;
    }
    push(blocks, { from: score, to: score, rows, positives });
  }
  while (blocks.length > BLOCKS_MAX) joinClosest(blocks);
  const least = 1 / (labels.length + 2);
  const knots = blocks.flatMap((block) => {
    const probability = Math.min(1 - least, Math.max(least, shareOf(block)));
    return block.from === block.to
      ? [[block.from, probability]]
      : [
          [block.from, probability],
          [block.to, probability],
        ];
  });
  return {
    kind: 'isotonic',
    scores: Float32Array.from(knots, ([score = 0]) => score),
    probabilities: Float32Array.from(knots, ([, probability = 0]) => probability),
  };
}

function shareOf({ rows, positives }: Block): number {
  return positives / rows;
}

function joined(a: Block, b: Block): Block {
  return { from: a.from, to: b.to, rows: a.rows + b.rows, positives: a.positives + b.positives };
}

/** Pools what would fall, and what is equal. */
function push(blocks: Block[], next: Block): void {
  let block = next;
  for (
    let last = blocks.at(-1);
    last !== undefined && shareOf(last) >= shareOf(block);
    last = blocks.at(-1)
  ) {
    blocks.pop();
    block = joined(last, block);
  }
  blocks.push(block);
}

/** Joins the two neighbours that this costs the least squares. */
function joinClosest(blocks: Block[]): void {
  let closest = 0;
  let least = Infinity;
  for (let i = 0; i + 1 < blocks.length; i += 1) {
    const [a, b] = [blocks[i] as Block, blocks[i + 1] as Block];
    const cost = ((a.rows * b.rows) / (a.rows + b.rows)) * (shareOf(a) - shareOf(b)) ** 2;
    if (cost >= least) continue;
    closest = i;
    least = cost;
  }
  blocks.splice(closest, 2, joined(blocks[closest] as Block, blocks[closest + 1] as Block));
}
