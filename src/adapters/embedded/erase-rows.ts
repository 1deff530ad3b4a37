// Deletes the rows of single events in SQLite (control path): those of an entity that is erased.
import type { DatabaseSync } from 'node:sqlite';
import type { EntityOfRows, ErasedHistory } from '../../ports/history.ts';

export function offsetsOfEntity(
  db: DatabaseSync,
  source: number,
  { value, views, isKey }: EntityOfRows,
): number[] {
  const rows = db
    .prepare(
      `SELECT DISTINCT CAST(offset AS INTEGER) AS offset FROM predictions WHERE source = :source AND ((:isKey = 1 AND key = :value) OR EXISTS (
         SELECT 1 FROM json_each(entities) AS e
         WHERE e.value = :value AND e.key IN (SELECT value FROM json_each(:views))
       )) ORDER BY offset`,
    )
    .all({ source, value, isKey: isKey ? 1 : 0, views: JSON.stringify(views) });
  return rows.map(({ offset }) => Number(offset));
}

/** Within a transaction. The rows of an event's items have places behind its offset. */
export function eraseRows(db: DatabaseSync, source: number, offsets: readonly number[]): ErasedHistory {
  const prediction = db.prepare('DELETE FROM predictions WHERE source = ? AND offset >= ? AND offset < ?');
  const label = db.prepare(
    'DELETE FROM labels WHERE source = ? AND prediction_offset >= ? AND prediction_offset < ?',
  );
  let predictions = 0;
  let labels = 0;
  for (const offset of offsets) {
    predictions += Number(prediction.run(source, offset, offset + 1).changes);
    labels += Number(label.run(source, offset, offset + 1).changes);
  }
  return { features: predictions, predictions, labels };
}
