// Bounds of imports of models (control path).

/** The newest logged vectors that the drift reference of an imported model is made of. */
export const IMPORT_REFERENCE_ROWS_MAX = 20_000;

/** Rows with expected scores that an import compares at most: a file of more is read so far. */
export const IMPORT_EXAMPLES_MAX = 20_000;

/** By how much a score may differ from what another library gave, in units of the score where that is beyond 1: Float32 sums in another order. */
export const EXAMPLE_TOLERANCE = 1e-5;
