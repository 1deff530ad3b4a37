// Labels that were corrected (control path): each correction is a row, and the last one counts.

const REVISION = `
ALTER TABLE labels ADD COLUMN IF NOT EXISTS revision UInt32 DEFAULT 0
  COMMENT '0 for the first label of a prediction, then 1, 2 and so on: the greatest counts' CODEC(ZSTD(1)) AFTER model_version`;

const LABEL_COMMENT = `
ALTER TABLE labels COMMENT COLUMN label
  'as the task reads it, 0 or 1 for a binary one; NULL where it will never come, or was withdrawn'`;

/** The last label of each prediction. */
const NEWEST = `
CREATE VIEW IF NOT EXISTS labels_newest AS
SELECT * FROM labels
WHERE (topology, topic, partition, prediction_offset, prediction_item, revision) NOT IN (
  SELECT topology, topic, partition, prediction_offset, prediction_item, arrayJoin(range(newest)) FROM (
    SELECT topology, topic, partition, prediction_offset, prediction_item, max(revision) AS newest
    FROM labels WHERE revision > 0
    GROUP BY topology, topic, partition, prediction_offset, prediction_item
  )
)`;

const NEWEST_LABELLED = `
CREATE OR REPLACE VIEW predictions_labelled AS
SELECT p.topology AS topology, p.topic AS topic, p.partition AS partition, p.offset AS offset, p.item AS item,
  p.event_time AS event_time, p.key AS key, p.score AS score, p.shadow_score AS shadow_score, p.flags AS flags,
  p.model_version AS model_version, l.label AS label,
  if(l.is_there = 1, l.label_time, NULL) AS label_time,
  multiIf(l.is_there = 0, 'pending', isNotNull(l.label), 'joined', l.revision > 0, 'withdrawn', 'never') AS label_state
FROM predictions AS p
LEFT JOIN (
  SELECT topology, topic, partition, prediction_offset, prediction_item, label, label_time, revision, 1 AS is_there
  FROM labels_newest
) AS l
ON p.topology = l.topology AND p.topic = l.topic AND p.partition = l.partition AND p.offset = l.prediction_offset
  AND p.item = l.prediction_item`;

export const REVISION_STATEMENTS: readonly string[] = [REVISION, LABEL_COMMENT, NEWEST, NEWEST_LABELLED];
