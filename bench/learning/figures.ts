// Prequential figures by blocks of rows (control path), and those that were recorded of other learners.
import { readFile } from 'node:fs/promises';
import { logLoss } from '../../src/stats/log-loss.ts';

/** By block of rows: right predictions, and the sum of the log loss. */
export type Blocks = ReadonlyArray<readonly [right: number, loss: number]>;

export interface Recorded {
  readonly versions: Readonly<Record<string, string>>;
  /** Rows of one block. */
  readonly block: number;
  readonly streams: Readonly<
    Record<
      string,
      {
        readonly rows: ReadonlyArray<readonly [row: number, x: readonly number[], y: number]>;
        readonly positives: number;
        readonly learners: Readonly<Record<string, Blocks>>;
      }
    >
  >;
}

export async function recorded(): Promise<Recorded> {
  const file = new URL('../../test/vectors/learning.json', import.meta.url);
  return JSON.parse(await readFile(file, 'utf8')) as Recorded; // written by learning.py beside it
}

/** @param scores probabilities; NaN counts as 0.5 */
export function blocksOf(scores: Float32Array, labels: Float32Array, block: number): Blocks {
  const blocks: Array<[number, number]> = [];
  for (const [row, scored] of scores.entries()) {
    if (row % block === 0) blocks.push([0, 0]);
    const score = Number.isNaN(scored) ? 0.5 : scored;
    const label = labels[row] as number;
    const sums = blocks.at(-1) as [number, number];
    sums[0] += Number(score >= 0.5 === (label === 1));
    sums[1] += logLoss(score, label);
  }
  // Rows that fill no block are left out, as the other learners' are.
  return blocks.slice(0, Math.floor(scores.length / block));
}

export interface Quality {
  readonly accuracy: number;
  readonly logLoss: number;
}

/** Of the blocks from number `from`. @param rows of all blocks */
export function qualityFrom(blocks: Blocks, from: number, block: number): Quality {
  const counted = blocks.slice(from);
  const rows = counted.length * block;
  const sum = (at: 0 | 1): number => counted.reduce((total, sums) => total + sums[at], 0);
  return { accuracy: sum(0) / rows, logLoss: sum(1) / rows };
}
