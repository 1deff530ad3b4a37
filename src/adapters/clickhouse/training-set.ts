// The training set: logged vectors joined to the labels that were known at the time (control path).
import { setImmediate } from 'node:timers/promises';
import { MillraceError } from '../../core/errors.ts';
import { joinTexts, type TextColumn } from '../../core/text-column.ts';
import type { RowIdentities, TrainingSet, TrainingSetQuery } from '../../ports/history.ts';
import type { Database } from './database.ts';
import { ROW_ID } from './item-columns.ts';
import { readNative, type NativeBlock } from './native-format.ts';

/** The range of DateTime64(3); a query without bounds reads from -Infinity to Infinity. */
const TIME_MS_MIN = Date.UTC(1900, 0, 1);
const TIME_MS_MAX = Date.UTC(2299, 0, 1);

/**
 * The newest rows are chosen among the labels, which are narrow, before the vectors are read. Rows of another width
 * belong to another set of features, of a topology that was edited. Of the labels that a prediction had until then the last
 * counts: the few that were corrected are listed with all but that. Order: event time, partition, offset, item (topic last).
 */
const TRAINING_SET = (more: string): string => `
SELECT
  toFloat64(toUnixTimestamp64Milli(event_time)) AS event_ms,
  assumeNotNull(l.label) AS label,
  l.score AS score,
  features${more}
FROM feature_log
INNER JOIN (
  SELECT topic, partition, prediction_offset AS offset, prediction_item AS item, label, score
  FROM labels
  WHERE topology = {topology:String} AND label IS NOT NULL
    AND prediction_time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
    AND prediction_time < fromUnixTimestamp64Milli({predictedUntil:Int64}, 'UTC')
    AND label_time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND (topic, partition, prediction_offset, prediction_item, revision) NOT IN (
      SELECT topic, partition, prediction_offset, prediction_item, arrayJoin(range(newest)) FROM (
        SELECT topic, partition, prediction_offset, prediction_item, max(revision) AS newest
        FROM labels
        WHERE topology = {topology:String} AND revision > 0
          AND label_time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        GROUP BY topic, partition, prediction_offset, prediction_item
      )
    )
    AND (topic, partition, prediction_offset, prediction_item) IN (
      SELECT topic, partition, offset, item FROM feature_log
      WHERE topology = {topology:String} AND length(features) = {width:UInt32}
        AND event_time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
        AND event_time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    )
  ORDER BY prediction_time DESC, partition DESC, prediction_offset DESC, prediction_item DESC, topic DESC
  LIMIT {rowsMax:UInt64}
) AS l USING (topic, partition, offset, item)
WHERE topology = {topology:String}
  AND event_time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND event_time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
ORDER BY event_time, partition, offset, item, topic
FORMAT Native`;

/** The same without labels: the newest rows are chosen by their narrow columns. */
const UNLABELLED_SET = (more: string): string => `
SELECT
  toFloat64(toUnixTimestamp64Milli(event_time)) AS event_ms,
  toFloat32(nan) AS label,
  toFloat32(nan) AS score,
  features${more}
FROM feature_log
WHERE topology = {topology:String} AND length(features) = {width:UInt32}
  AND event_time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND event_time < fromUnixTimestamp64Milli({predictedUntil:Int64}, 'UTC')
  AND (topic, partition, offset, item) IN (
    SELECT topic, partition, offset, item
    FROM feature_log
    WHERE topology = {topology:String} AND length(features) = {width:UInt32}
      AND event_time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
      AND event_time < fromUnixTimestamp64Milli({predictedUntil:Int64}, 'UTC')
    ORDER BY event_time DESC, partition DESC, offset DESC, item DESC, topic DESC
    LIMIT {rowsMax:UInt64}
  )
ORDER BY event_time, partition, offset, item, topic
FORMAT Native`;

/** What a set has of identities. */
const IDENTITIES = `,
  toString(${ROW_ID}) AS id,
  key,
  toJSONString(entities) AS views`;

function clampTime(ms: number): number {
  return Math.round(Math.min(TIME_MS_MAX, Math.max(TIME_MS_MIN, ms)));
}

/** Reads the tables, without buffered rows: call History.flush first. Throws HISTORY_FAILED or HISTORY_UNAVAILABLE. */
export async function readTrainingSet(database: Database, query: TrainingSetQuery): Promise<TrainingSet> {
  const sql = query.isLabelled ? TRAINING_SET : UNLABELLED_SET;
  const bytes = await database.bytes(sql(query.hasIdentities === true ? IDENTITIES : ''), {
    topology: query.topology,
    from: clampTime(query.fromMs),
    until: clampTime(query.untilMs),
    predictedUntil: clampTime(Math.min(query.untilMs, query.predictedUntilMs ?? query.untilMs)),
    width: query.width,
    rowsMax: Math.min(query.rowsMax, Number.MAX_SAFE_INTEGER),
  });
  const blocks = readNative(bytes);
  const set = await assemble(blocks, query.width);
  return query.hasIdentities === true ? { ...set, identities: identitiesOf(blocks) } : set;
}

async function assemble(blocks: readonly NativeBlock[], width: number): Promise<TrainingSet> {
  const rowCount = blocks.reduce((sum, block) => sum + block.rowCount, 0);
  const set: TrainingSet = {
    rowCount,
    width,
    features: new Float32Array(rowCount * width),
    labels: new Float32Array(rowCount),
    scores: new Float32Array(rowCount),
    eventTimeMs: new Float64Array(rowCount),
  };
  let row = 0;
  for (const { rowCount: rows, columns } of blocks) {
    const [times, labels, scores, features] = columns;
    if (!times || !labels || !scores || !features) {
      throw new MillraceError('HISTORY_FAILED', 'a training set lacks one of its columns');
    }
    if (features.bytes.length !== rows * width * Float32Array.BYTES_PER_ELEMENT) {
      throw new MillraceError(
        'HISTORY_FAILED',
        `a training set came with vectors of another width than ${width}`,
      );
    }
    copyBytes(times.bytes, set.eventTimeMs, row);
    copyBytes(labels.bytes, set.labels, row);
    copyBytes(scores.bytes, set.scores, row);
    copyBytes(features.bytes, set.features, row * width);
    row += rows;
    await setImmediate(); // a block is 16 MB: events wait only for its copy
  }
  return set;
}

/** Columns behind those of a set without identities. */
function identitiesOf(blocks: readonly NativeBlock[]): RowIdentities {
  const column = (at: number): TextColumn =>
    joinTexts(blocks.flatMap(({ columns }) => columns[at]?.texts ?? []));
  return { ids: column(4), keys: column(5), entities: column(6) };
}

/** Little-endian bytes, aligned or not, as elements from index `at`. */
function copyBytes(bytes: Buffer, into: Float32Array | Float64Array, at: number): void {
  new Uint8Array(into.buffer, into.byteOffset + at * into.BYTES_PER_ELEMENT, bytes.length).set(bytes);
}
