// The columns of rows that `flatten` makes of one event (control path): all have its offset, and each its item.

function itemColumn(table: string, item: string, offset: string): string {
  return `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS ${item} Int16 DEFAULT -1
  COMMENT 'index of the item that flatten made a row of, -1 without one' CODEC(ZSTD(1)) AFTER ${offset}`;
}

/** The id of a row of predictions or of the feature log: topic-partition-offset, with .item for a row of an item. */
export const ROW_ID =
  "concat(topic, '-', toString(partition), '-', toString(offset), if(item < 0, '', concat('.', toString(item))))";

const ITEM_IDS = `
ALTER TABLE predictions MODIFY COLUMN
  id String ALIAS ${ROW_ID}
  COMMENT 'topic-partition-offset, with .item for a row of an item; computed when it is asked for'`;

const ITEMS_LABELLED = `
CREATE OR REPLACE VIEW predictions_labelled AS
SELECT p.topology AS topology, p.topic AS topic, p.partition AS partition, p.offset AS offset, p.item AS item,
  p.event_time AS event_time, p.key AS key, p.score AS score, p.shadow_score AS shadow_score, p.flags AS flags,
  p.model_version AS model_version, l.label AS label,
  if(l.is_there = 1, l.label_time, NULL) AS label_time,
  multiIf(l.is_there = 0, 'pending', isNull(l.label), 'never', 'joined') AS label_state
FROM predictions AS p
LEFT JOIN (
  SELECT topology, topic, partition, prediction_offset, prediction_item, label, label_time, 1 AS is_there FROM labels
) AS l
ON p.topology = l.topology AND p.topic = l.topic AND p.partition = l.partition AND p.offset = l.prediction_offset
  AND p.item = l.prediction_item`;

const FEATURES_OF_ITEMS = `
CREATE OR REPLACE VIEW features_named AS
SELECT f.topology AS topology, f.topic AS topic, f.partition AS partition, f.offset AS offset, f.item AS item,
  f.event_time AS event_time, f.key AS key, name, value,
  arrayFirst(v -> startsWith(name, concat(v, '.')), arrayReverseSort(v -> length(v), mapKeys(f.entities))) AS view,
  if(view = '', f.key, f.entities[view]) AS entity
FROM feature_log AS f
INNER JOIN (SELECT topology, feature_set, any(names) AS names FROM feature_sets GROUP BY topology, feature_set) AS s
ON f.topology = s.topology AND f.feature_set = s.feature_set
ARRAY JOIN s.names AS name, f.features AS value`;

export const ITEM_STATEMENTS: readonly string[] = [
  itemColumn('feature_log', 'item', 'offset'),
  itemColumn('predictions', 'item', 'offset'),
  itemColumn('labels', 'label_item', 'label_offset'),
  itemColumn('labels', 'prediction_item', 'prediction_offset'),
  ITEM_IDS,
  ITEMS_LABELLED,
  FEATURES_OF_ITEMS,
];
