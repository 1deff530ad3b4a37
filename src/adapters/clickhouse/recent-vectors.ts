// The newest logged vectors of a topology (control path).
import { MillraceError } from '../../core/errors.ts';
import type { RecentVectors, RecentVectorsQuery } from '../../ports/history.ts';
import type { Database } from './database.ts';
import { readNative } from './native-format.ts';

/** The newest rows are chosen by their narrow columns before the vectors are read. */
const RECENT_VECTORS = `
SELECT features
FROM feature_log
WHERE topology = {topology:String} AND length(features) = {width:UInt32} AND (topic, partition, offset, item) IN (
  SELECT topic, partition, offset, item
  FROM feature_log
  WHERE topology = {topology:String} AND length(features) = {width:UInt32}
  ORDER BY event_time DESC, partition DESC, offset DESC, item DESC, topic DESC
  LIMIT {rowsMax:UInt64}
)
ORDER BY event_time, partition, offset, item, topic
FORMAT Native`;

/** Reads the table, without buffered rows. @throws HISTORY_FAILED or HISTORY_UNAVAILABLE */
export async function readRecentVectors(
  database: Database,
  { topology, rowsMax, width }: RecentVectorsQuery,
): Promise<RecentVectors> {
  const blocks = readNative(await database.bytes(RECENT_VECTORS, { topology, rowsMax, width }));
  const rowCount = blocks.reduce((sum, block) => sum + block.rowCount, 0);
  const features = new Float32Array(rowCount * width);
  const bytes = new Uint8Array(features.buffer);
  let at = 0;
  for (const { rowCount: rows, columns } of blocks) {
    const [vectors] = columns;
    if (vectors?.bytes.length !== rows * width * Float32Array.BYTES_PER_ELEMENT)
      throw new MillraceError('HISTORY_FAILED', `the vectors are not of the width ${width}`);
    bytes.set(vectors.bytes, at);
    at += vectors.bytes.length;
  }
  return { rowCount, width, features };
}
