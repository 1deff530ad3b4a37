// Deletes the rows of single events permanently (control path): those of an entity that is erased.
import { ERASED_OFFSETS_MAX } from '../../core/key-limits.ts';
import type { EntityOfRows, ErasedHistory, EventSource } from '../../ports/history.ts';
import type { Database } from './database.ts';
import { deleteRows, OF_SOURCE, sourceParams } from './source-rows.ts';

export async function offsetsOfEntity(
  database: Database,
  source: EventSource,
  { value, views, isKey }: EntityOfRows,
): Promise<number[]> {
  const params: Record<string, unknown> = { ...sourceParams(source), value };
  const is = views.map((view, i) => {
    params[`view${i}`] = view;
    return `entities[{view${i}:String}] = {value:String}`;
  });
  if (isKey) is.push('key = {value:String}');
  if (is.length === 0) return [];
  const rows = await database.rows<{ offset: number }>(
    `SELECT DISTINCT toFloat64(offset) AS offset FROM feature_log WHERE ${OF_SOURCE} AND (${is.join(' OR ')}) ORDER BY offset`,
    params,
  );
  return rows.map(({ offset }) => offset);
}

export async function eraseRows(
  database: Database,
  source: EventSource,
  offsets: readonly number[],
): Promise<ErasedHistory> {
  return {
    features: await eraseFrom(database, 'feature_log', 'offset', source, offsets),
    predictions: await eraseFrom(database, 'predictions', 'offset', source, offsets),
    labels: await eraseFrom(database, 'labels', 'prediction_offset', source, offsets),
  };
}

async function eraseFrom(
  database: Database,
  table: string,
  column: string,
  source: EventSource,
  offsets: readonly number[],
): Promise<number> {
  const params = sourceParams(source);
  let erased = 0;
  for (let at = 0; at < offsets.length; at += ERASED_OFFSETS_MAX) {
    const some = offsets.slice(at, at + ERASED_OFFSETS_MAX).map((offset) => String(Math.trunc(offset)));
    const where = `${OF_SOURCE} AND ${column} IN (${some.join(', ')})`;
    // Erased rows may not stay in a part, marked or not.
    erased += await deleteRows(database, { table, where, params, how: 'rewrite' });
  }
  return erased;
}
