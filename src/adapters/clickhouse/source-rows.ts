// The rows of one partition of a source: counted, and deleted until none is left (control path).
import { MillraceError } from '../../core/errors.ts';
import type { EventSource } from '../../ports/history.ts';
import type { Database, QueryParams } from './database.ts';

export const OF_SOURCE =
  'topology = {topology:String} AND topic = {topic:String} AND partition = {partition:UInt32}';

/** Deletions of the same rows before it is an error that some of them stay. */
const DELETE_ROUNDS_MAX = 8;

export function sourceParams({ topology, topic, partition }: EventSource): QueryParams {
  return { topology, topic, partition };
}

export interface RowsToDelete {
  readonly table: string;
  readonly where: string;
  readonly params: QueryParams;
  /** Marks the rows, which is cheap, or rewrites the parts without them. */
  readonly how: 'mark' | 'rewrite';
}

/**
 * Resolves when no row is left, to how many there were. A server may say that a deletion is done though rows of it are
 * still there: ClickHouse 26.7 loses one of several that it carries out at once, so it is repeated.
 */
export async function deleteRows(database: Database, rows: RowsToDelete): Promise<number> {
  const { table, where, params, how } = rows;
  const statement =
    how === 'mark'
      ? `DELETE FROM ${table} WHERE ${where} SETTINGS lightweight_deletes_sync = 2`
      : `ALTER TABLE ${table} DELETE WHERE ${where} SETTINGS mutations_sync = 2`;
  const found = await countRows(database, rows);
  let left = found;
  // A deletion that meets no row is a mutation all the same.
  for (let round = 0; left > 0; round++) {
    if (round === DELETE_ROUNDS_MAX) throw undeleted(table, left);
    await database.bytes(statement, params);
    left = await countRows(database, rows);
  }
  return found;
}

async function countRows(database: Database, { table, where, params }: RowsToDelete): Promise<number> {
  const query = `SELECT count() AS n FROM ${table} WHERE ${where}`;
  const [found] = await database.rows<{ n: string }>(query, params);
  return Number(found?.n ?? 0);
}

function undeleted(table: string, left: number): MillraceError {
  return new MillraceError('HISTORY_FAILED', `${left} rows of ${table} are deleted and found afterwards`, {
    where: table,
    remedy: 'Look for another writer of these rows, or for a mutation in system.mutations that fails.',
  });
}
