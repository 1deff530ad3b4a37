// Label readers (hot path: called once per event that carries a label).
import type { NumberColumn } from '../core/batch.ts';
import type { LabelReader } from './task.ts';

/**
 * The label is a number column, passed through `convert`; null stays no label.
 * @example numberLabel('arrDelay', (minutes) => (minutes >= 15 ? 1 : 0))
 */
export function numberLabel<const C extends string>(
  column: C,
  convert: (value: number) => number = (value) => value,
): LabelReader<`${C}: number`> {
  return {
    reads: [`${column}: number`],
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
