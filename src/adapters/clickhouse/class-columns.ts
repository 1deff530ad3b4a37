// The columns of predictions of several classes (control path): empty for tasks with one output.

export const CLASS_STATEMENTS: readonly string[] = [
  `ALTER TABLE predictions ADD COLUMN IF NOT EXISTS class LowCardinality(String)
  COMMENT 'top class of a task with several, whose probability is the score; empty for one output' AFTER model_version`,
  `ALTER TABLE predictions ADD COLUMN IF NOT EXISTS packed_outputs String EPHEMERAL '' AFTER class`,
  `ALTER TABLE predictions ADD COLUMN IF NOT EXISTS outputs Array(Float32)
  DEFAULT reinterpret(base64Decode(packed_outputs), 'Array(Float32)')
  COMMENT 'probabilities of all classes in the order of the task, or the value and its quantiles; empty for one output' CODEC(ZSTD(1)) AFTER packed_outputs`,
];
