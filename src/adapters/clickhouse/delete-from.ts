// Deletes the rows of events whose offsets are used a second time (control path): a topic that was created again has other
// events at the offsets of the old one, and the writer would skip their rows.
import type { EventSource } from '../../ports/history.ts';
import type { Database } from './database.ts';
import { deleteRows, OF_SOURCE, sourceParams } from './source-rows.ts';

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
    // Marked rows are gone before the call returns: rows that are written afterwards must stay.
    await deleteRows(database, { table, where, params, how: 'mark' });
  }
}
