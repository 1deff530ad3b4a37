// Label readers (hot path: called once per event that carries a label).
import type { NumberColumn } from '../core/batch.ts';
import { stringHash } from '../core/string-hash.ts';
import type { LabelReader } from './task.ts';

function asItIs(value: number): number {
  return value;
}

/**
 * The label is a number column, passed through `convert`; null stays no label.
 * @example numberLabel('arrDelay', (minutes) => (minutes >= 15 ? 1 : 0))
 */
export function numberLabel<const C extends string>(
  column: C,
  convert: (value: number) => number = asItIs,
): LabelReader<`${C}: number`> {
  return {
    reads: [`${column}: number`],
    // A function is named by its source: what it captures is not in it.
    text: convert === asItIs ? column : `${column}; ${stringHash(String(convert)).toString(36)}`,
    open(columns): (row: number) => number {
      // Checked when the topology starts: a column that is read as a number is one.
      const { values } = columns[column] as NumberColumn;
      return (row) => {
        const value = values[row] as number;
        return Number.isNaN(value) ? value : convert(value);
      };
    },
  };
}
