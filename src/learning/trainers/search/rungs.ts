// The rounds of successive halving (control path). Source: K. Jamieson, A. Talwalkar, "Non-stochastic best arm identification and
// hyperparameter optimization" (AISTATS 2016): each round has an equal share of what may be spent, on fewer trainers.

/** Fewer rows tell trainers apart by luck alone. */
const ROWS_MIN = 300;

export interface Rung {
  /** Trainers that compete. */
  readonly trainers: number;
  /** The newest rows that they are compared on, folds and all. */
  readonly rows: number;
}

/**
 * The rounds in which one of `trainers` is found; none for one trainer.
 * @param rowCount of the window
 * @param costOf rows that the folds of one trainer learn from, by the rows of the round
 * @param rowsMax rows that all fits together may learn from; a round has ROWS_MIN rows whatever it costs
 */
export function rungsOf(
  trainers: number,
  rowCount: number,
  keepOneIn: number,
  costOf: (rows: number) => number,
  rowsMax: number,
): Rung[] {
  const sizes: number[] = [];
  for (let left = trainers; left > 1; left = Math.ceil(left / keepOneIn)) sizes.push(left);
  return sizes.map((size) => {
    const share = rowsMax / sizes.length / size;
    // The cost is proportional to the rows.
    const affordable = Math.floor((rowCount * share) / Math.max(1, costOf(rowCount)));
    return { trainers: size, rows: Math.min(rowCount, Math.max(ROWS_MIN, affordable)) };
  });
}
