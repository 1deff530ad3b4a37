// Blocked cross-validation in time (control path): what is predicted is always newer than what is learnt from, as it is in service.

export interface Fold {
  /** Rows [from, trainEnd) are fitted, [trainEnd, testFrom) validate, [testFrom, testEnd) are predicted. */
  readonly from: number;
  readonly trainEnd: number;
  readonly testFrom: number;
  readonly testEnd: number;
}

/** Share of the rows that are predicted, in all folds together. */
const TEST_SHARE = 0.5;
const VALIDATION_SHARE = 0.15;

/**
 * The newest half of the rows [from, to) in `count` blocks, each predicted from all rows before it.
 * @param validates whether the last of those rows are for validation
 */
export function foldsOf(from: number, to: number, count: number, validates: boolean): Fold[] {
  const rows = to - from;
  const edge = (block: number): number => to - Math.floor((rows * TEST_SHARE * (count - block)) / count);
  return Array.from({ length: count }, (_, block) => {
    const testFrom = edge(block);
    const validation = validates ? Math.floor((testFrom - from) * VALIDATION_SHARE) : 0;
    return { from, trainEnd: testFrom - validation, testFrom, testEnd: edge(block + 1) };
  });
}

/** Rows that the folds of one trainer learn from. */
export function rowsLearnt(rows: number, count: number): number {
  return foldsOf(0, rows, count, false).reduce((sum, { trainEnd }) => sum + trainEnd, 0);
}
