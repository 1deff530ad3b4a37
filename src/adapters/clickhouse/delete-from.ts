// Deletes the rows of events whose offsets are used a second time (control path): a topic that was created again has other
// events at the offsets of the old one, and the writer would skip their rows.
import type { EventSource } from '../../ports/history.ts';
import type { Database } from './database.ts';
import { countRows, OF_SOURCE, sourceParams } from './source-rows.ts';

/** The column of the event's offset, by table. */
const OFFSETS: Readonly<Record<string, string>> = {
  events: 'offset',
  feature_log: 'offset',
  predictions: 'offset',
  labels: 'label_offset',
};

export async function deleteFrom(database: Database, source: EventSource, fromOffset: number): Promise<void> {
  const params = { ...sourceParams(source), fromOffset };
  for (const [table, offset] of Object.entries(OFFSETS)) {
    const where = `${OF_SOURCE} AND ${offset} >= {fromOffset:UInt64}`;
    if ((await countRows(database, table, where, params)) === 0) continue;
    // Marks the rows, which does not rewrite their parts, and waits for it: rows that are written afterwards must stay.
    await database.bytes(`DELETE FROM ${table} WHERE ${where} SETTINGS lightweight_deletes_sync = 2`, params);
  }
}
