// Prequential figures by blocks of rows (control path), and those that were recorded of other learners.
import { readFile } from 'node:fs/promises';
import { logLoss } from '../../src/stats/log-loss.ts';

/** By block of rows: right predictions and the sum of the log loss, of a regression the sums of absolute and of squared errors. */
export type Blocks = ReadonlyArray<readonly [first: number, second: number]>;

export interface Recorded {
  readonly versions: Readonly<Record<string, string>>;
  /** Rows of one block. */
  readonly block: number;
  readonly streams: Readonly<
    Record<
      string,
      {
        readonly rows: ReadonlyArray<readonly [row: number, x: readonly number[], y: number]>;
        /** Of all rows. */
        readonly labels: number;
        readonly learners: Readonly<Record<string, Blocks>>;
      }
    >
  >;
}

export async function recorded(): Promise<Recorded> {
  const file = new URL('../../test/vectors/learning.json', import.meta.url);
  return JSON.parse(await readFile(file, 'utf8')) as Recorded; // written by learning.py beside it
}

/** @param scores probabilities, of which NaN counts as 0.5, or values, of which it counts as 0 */
export function blocksOf(
  scores: Float32Array,
  labels: Float32Array,
  block: number,
  task: 'binary' | 'regression' = 'binary',
): Blocks {
  const blocks: Array<[number, number]> = [];
  for (const [row, score] of scores.entries()) {
    if (row % block === 0) blocks.push([0, 0]);
    const [first, second] =
      task === 'binary' ? classified(score, labels[row] as number) : regressed(score, labels[row] as number);
    const sums = blocks.at(-1) as [number, number];
    sums[0] += first;
    sums[1] += second;
  }
  // Rows that fill no block are left out, as the other learners' are.
  return blocks.slice(0, Math.floor(scores.length / block));
}

function classified(scored: number, label: number): [right: number, loss: number] {
  const score = Number.isNaN(scored) ? 0.5 : scored;
  return [Number(score >= 0.5 === (label === 1)), logLoss(score, label)];
}

function regressed(scored: number, label: number): [absolute: number, squared: number] {
  const error = (Number.isNaN(scored) ? 0 : scored) - label;
  return [Math.abs(error), error * error];
}

/** Accuracy and log loss, of a regression the mean absolute and the mean squared error. */
export interface Quality {
  readonly first: number;
  readonly second: number;
}

/** Of the blocks from number `from`. @param rows of all blocks */
export function qualityFrom(blocks: Blocks, from: number, block: number): Quality {
  const counted = blocks.slice(from);
  const rows = counted.length * block;
  const sum = (at: 0 | 1): number => counted.reduce((total, sums) => total + sums[at], 0);
  return { first: sum(0) / rows, second: sum(1) / rows };
}
