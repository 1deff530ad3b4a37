// Tables and statements of the history in SQLite (control path).
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/**
 * A row is stored once, however often it is replayed: its offset is its identity. That of an item's row is no integer, which a
 * column of integers holds as it is.
 */
export const HISTORY_TABLES = `
CREATE TABLE IF NOT EXISTS sources (
  id INTEGER PRIMARY KEY, topology TEXT, topic TEXT, partition INTEGER, UNIQUE (topology, topic, partition)
);
CREATE TABLE IF NOT EXISTS predictions (
  source INTEGER, offset INTEGER, event_time REAL, key TEXT, score REAL, shadow_score REAL, flags INTEGER,
  model_version TEXT, features BLOB, entities TEXT, PRIMARY KEY (source, offset)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS labels (
  source INTEGER, prediction_offset INTEGER, label_offset INTEGER, prediction_time REAL, label_time REAL,
  label REAL, score REAL, revision INTEGER DEFAULT 0, PRIMARY KEY (source, prediction_offset, label_offset)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS labels_by_time ON labels (source, prediction_time);
CREATE TABLE IF NOT EXISTS feature_sets (topology TEXT PRIMARY KEY, names TEXT);
CREATE TABLE IF NOT EXISTS drift_reports (id TEXT PRIMARY KEY, report TEXT);
CREATE TABLE IF NOT EXISTS model_events (id TEXT PRIMARY KEY, event TEXT);
CREATE TABLE IF NOT EXISTS metrics (id TEXT PRIMARY KEY, metric TEXT);
CREATE TABLE IF NOT EXISTS column_profiles (id TEXT PRIMARY KEY, rows INTEGER, profile TEXT);
`;

/**
 * The newest rows, newest first. A label and its prediction have one source and offset; vectors of another length were
 * written before the topology was edited.
 */
const TRAINING_SET = (more: string): string => `
SELECT l.prediction_time, l.label, l.score, p.features${more}
FROM labels AS l
JOIN sources AS s ON s.id = l.source
JOIN predictions AS p ON p.source = l.source AND p.offset = l.prediction_offset
WHERE s.topology = :topology AND l.label IS NOT NULL AND length(p.features) = :bytes
  AND l.prediction_time >= :fromMs AND l.prediction_time < :predictedUntilMs AND l.label_time < :untilMs
  AND NOT EXISTS (
    SELECT 1 FROM labels AS n
    WHERE n.revision > 0 AND n.source = l.source AND n.prediction_offset = l.prediction_offset
      AND n.revision > l.revision AND n.label_time < :untilMs
  )
ORDER BY l.prediction_time DESC, s.partition DESC, p.offset DESC, s.topic DESC
LIMIT :rowsMax
`;

/** The same without labels. */
const UNLABELLED_SET = (more: string): string => `
SELECT p.event_time AS prediction_time, NULL AS label, NULL AS score, p.features${more}
FROM predictions AS p
JOIN sources AS s ON s.id = p.source
WHERE s.topology = :topology AND length(p.features) = :bytes
  AND p.event_time >= :fromMs AND p.event_time < :predictedUntilMs
ORDER BY p.event_time DESC, s.partition DESC, p.offset DESC, s.topic DESC
LIMIT :rowsMax
`;

/** What a set has of identities. */
const IDENTITIES = ', s.topic, s.partition, p.offset, p.key, p.entities';

/** The newest vectors, newest first. */
const RECENT_VECTORS = `
SELECT p.features
FROM predictions AS p
JOIN sources AS s ON s.id = p.source
WHERE s.topology = :topology AND length(p.features) = :bytes
ORDER BY p.event_time DESC, s.partition DESC, p.offset DESC, s.topic DESC
LIMIT :rowsMax
`;

/** The same rows without identities, and with them. */
interface SetStatements {
  readonly plain: StatementSync;
  readonly identified: StatementSync;
}

export interface HistoryStatements {
  readonly openSource: StatementSync;
  readonly findSource: StatementSync;
  readonly prediction: StatementSync;
  readonly label: StatementSync;
  readonly forgetPredictions: StatementSync;
  readonly forgetLabels: StatementSync;
  readonly trainingSet: SetStatements;
  readonly unlabelledSet: SetStatements;
  readonly recentVectors: StatementSync;
  readonly featureSet: StatementSync;
  readonly driftReport: StatementSync;
  readonly modelEvent: StatementSync;
  readonly metric: StatementSync;
  readonly columnProfile: StatementSync;
}

export function prepareHistory(db: DatabaseSync): HistoryStatements {
  return {
    openSource: db.prepare(
      'INSERT INTO sources (topology, topic, partition) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    findSource: db.prepare('SELECT id FROM sources WHERE topology = ? AND topic = ? AND partition = ?'),
    prediction: db.prepare(
      'INSERT INTO predictions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    label: db.prepare('INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'),
    forgetPredictions: db.prepare('DELETE FROM predictions WHERE source = ? AND offset >= ?'),
    forgetLabels: db.prepare('DELETE FROM labels WHERE source = ? AND label_offset >= ?'),
    trainingSet: { plain: db.prepare(TRAINING_SET('')), identified: db.prepare(TRAINING_SET(IDENTITIES)) },
    unlabelledSet: {
      plain: db.prepare(UNLABELLED_SET('')),
      identified: db.prepare(UNLABELLED_SET(IDENTITIES)),
    },
    recentVectors: db.prepare(RECENT_VECTORS),
    featureSet: db.prepare('INSERT OR REPLACE INTO feature_sets VALUES (?, ?)'),
    driftReport: db.prepare('INSERT OR REPLACE INTO drift_reports VALUES (?, ?)'),
    modelEvent: db.prepare('INSERT OR REPLACE INTO model_events VALUES (?, ?)'),
    metric: db.prepare('INSERT OR REPLACE INTO metrics VALUES (?, ?)'),
    columnProfile: db.prepare(
      `INSERT INTO column_profiles VALUES (?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET rows = excluded.rows, profile = excluded.profile WHERE excluded.rows >= rows`,
    ),
  };
}

/** What a file of an earlier version lacks. */
export function addColumns(db: DatabaseSync): void {
  addColumn(db, 'predictions', 'entities', 'TEXT');
  addColumn(db, 'labels', 'revision', 'INTEGER DEFAULT 0');
  // Almost no label is corrected, so a training set asks a small index.
  db.exec(
    'CREATE INDEX IF NOT EXISTS labels_revised ON labels (source, prediction_offset, revision) WHERE revision > 0',
  );
}

function addColumn(db: DatabaseSync, table: string, column: string, type: string): void {
  const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all();
  if (!columns.some(({ name }) => name === column))
    db.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
}
