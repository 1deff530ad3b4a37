// Bounds of imports and exports of models (control path).

/** A response of MLflow that is no model: a run of thousands of parameters has less. */
export const MLFLOW_JSON_BYTES_MAX: number = 8 * 1024 * 1024;

/** A model that is downloaded is in memory whole. */
export const MLFLOW_MODEL_BYTES_MAX: number = 512 * 1024 * 1024;

/** A model that is sent to the port is in memory whole, as a request for events is; larger ones are for the command. */
export const IMPORT_BODY_BYTES_MAX: number = 16 * 1024 * 1024;

/** A model of a megabyte takes seconds on a slow line. */
export const MLFLOW_REQUEST_MS_MAX = 60_000;

/** The newest logged vectors that the drift reference of an imported model is made of. */
export const IMPORT_REFERENCE_ROWS_MAX = 20_000;

/** Rows with expected scores that an import compares at most: a file of more is read so far. */
export const IMPORT_EXAMPLES_MAX = 20_000;

/** By how much a score may differ from what another library gave, in units of the score where that is beyond 1: Float32 sums in another order. */
export const EXAMPLE_TOLERANCE = 1e-5;
