// The rows of one partition of a source (control path).
import type { EventSource } from '../../ports/history.ts';
import type { Database, QueryParams } from './database.ts';

export const OF_SOURCE =
  'topology = {topology:String} AND topic = {topic:String} AND partition = {partition:UInt32}';

export function sourceParams({ topology, topic, partition }: EventSource): QueryParams {
  return { topology, topic, partition };
}

/** How many rows a deletion would meet: one that meets none is a mutation all the same. */
export async function countRows(
  database: Database,
  table: string,
  where: string,
  params: QueryParams,
): Promise<number> {
  const query = `SELECT count() AS n FROM ${table} WHERE ${where}`;
  const [found] = await database.rows<{ n: string }>(query, params);
  return Number(found?.n ?? 0);
}
