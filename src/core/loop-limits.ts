// Bounds of the learning loop and its control boundaries, each with its reason.

/** Bucket sizes of one ADWIN window, each twice the one before: 2^40 values, more than any stream has. */
export const ADWIN_LEVELS_MAX = 40;

/** Rows of a feature's KS reference sample: D is then known to about 0.03. */
export const KS_REFERENCE_ROWS_MAX = 2_000;

/** Values of the KS reference samples of all columns: some 250 kB of a model update, whatever the number of features. */
export const KS_REFERENCE_VALUES_MAX = 40_000;

/** Product of two sample sizes up to which a KS p-value is counted exactly: some ten milliseconds. */
export const KS_EXACT_CELLS_MAX = 1_000_000;

/**
 * Boundaries whose reports and jobs an engine retains until they are known to be published: about 5 MB for 25 features.
 * A boundary needs every partition, so few are decided while the publishing engine is away.
 */
export const BOUNDARIES_RETAINED_MAX = 1_024;

/** Time between two snapshots of the learning loop, ms: what an engine reads again at its start. */
export const LOOP_SNAPSHOT_MS = 10_000;

/** Bytes of one part of such a snapshot; the largest, a sample of rows, has four million. */
export const LOOP_SNAPSHOT_BYTES_MAX = 67_108_864;

/** Bytes of one record of a snapshot: half of a broker's default maximum. */
export const LOOP_SNAPSHOT_RECORD_BYTES_MAX = 500_000;

/** Milliseconds for which observations are kept beyond a snapshot that makes them dispensable: an engine that lags reads on. */
export const OBSERVATIONS_KEPT_MS = 3_600_000;

/** Months and model versions for which quality is kept separately, the newest; 70 and 35 KB each. */
export const QUALITY_MONTHS_MAX = 120;
export const QUALITY_VERSIONS_MAX = 200;

/** Periods for which quality metrics are kept separately: a year of days and a month, 5 KB each. */
export const QUALITY_PERIODS_MAX = 400;

/** Scored rows of the sample between two control boundaries, over all partitions: drift tests find any shift that matters in fewer. */
export const CONTROL_ROWS_MAX = 5_000;

/** Bytes of such a sample: of vectors of more than 200 features it has fewer rows. */
export const CONTROL_SAMPLE_BYTES_MAX = 4_194_304;

/** Fewest rows that a model is fitted on: a few for each of its first parameters; the gate says whether it has learnt anything. */
export const TRAINING_ROWS_MIN = 30;

/** Numbers of a training set, rows by features: 4 GiB, of which a fit has a copy. A default of 200,000 rows of FEATURES_MAX is a fifth. */
export const TRAINING_VALUES_MAX = 1_073_741_824;

/**
 * Bytes of the names of features, twice, and of outputs in a manifest: however random they are, it has room for them in a model update
 * beside the largest drift reference.
 */
export const MANIFEST_NAMES_BYTES_MAX = 262_144;

/** Trainers that compete in one training: each fits up to four models, and of many the luckiest one would win. */
export const TRAINERS_MAX = 16;

/** Fewest rows of the gate's slice: the least for which a bootstrap interval means something; it is wide, and says so. */
export const GATE_ROWS_MIN = 30;

/**
 * Fewest rows of the rarer of two classes on which a model is judged, or its steps are chosen: which of two models is better
 * shows on them, and a slice without them prefers the one that rules the class out.
 */
export const HELD_RARER_ROWS_MIN = 5;

/** Such rows that are fresh before a model is trained: half of them to learn from, as many to judge on. */
export const RARER_ROWS_MIN = 10;

/** Fewest rows that a fit is validated on: of fewer the lowest loss is luck. */
export const VALIDATION_ROWS_MIN = 30;

/** Rows of which the newest part is a training set of its own: of fewer, the whole window is recent. */
export const RECENT_ROWS_MIN = 500;

/** Categories of one feature with an embedding of their own, the most frequent. */
export const VOCABULARY_MAX = 8_192;

/** The same of all features: some 40 bytes each, half of a model update. Features share them evenly. */
export const VOCABULARIES_MAX = 12_000;

/** Rows encoded or scored in one run while training: a few MiB of intermediate tensors. */
export const TRAINING_CHUNK_ROWS = 8_192;

/** Points of each series that the learning loop retains for the report and the dashboard: a year of days. */
export const JOURNAL_POINTS_MAX = 400;

/** Milliseconds past the clock that a boundary may be while nothing is known of its partition: clocks may be wrong by days. */
export const BOUNDARY_UNKNOWN_MS_MAX = 31_536_000_000;

/** Interval at which an engine looks whether the fleet knows which of its partitions are idle, ms. */
export const IDLE_CHECK_MS = 5_000;

/** Interval at which a wait for a control boundary is logged, ms: no healthy fleet waits that long. */
export const BOUNDARY_WAIT_LOG_MS = 30_000;

/** Classes of a task: a prediction's record and its waiting state have a Float32 for each. */
export const CLASSES_MAX = 1_000;

/** Labels of one record of the observations topic: half of a broker's maximum message. */
export const OBSERVED_LABELS_MAX = 8_192;

/** Bytes of sampled rows in one such record. */
export const OBSERVED_BYTES_MAX = 400_000;
