// What a history in ClickHouse has of the rows that `flatten` makes of one event; part of the contract in history.ts.
import type { Test } from 'tap';
import type { ClickHouseHistory } from '../../src/adapters/clickhouse/history.ts';
import { placeOfItem } from '../../src/core/place.ts';

import { fresh, labelsOf, predictionsOf } from './history-rows.ts';

const TIME_MS = Date.UTC(2013, 0, 31);

export async function itemsContract(
  t: Test,
  name: string,
  open: () => Promise<ClickHouseHistory>,
): Promise<void> {
  await t.test(`${name}: rows of one event's items are stored each, and once`, async (t) => {
    const history = await open();
    const topology = fresh();
    const places = [placeOfItem(5, 0), placeOfItem(5, 1), 6, placeOfItem(7, 9_999)];
    const block = predictionsOf(places.map((offset, i) => ({ offset, timeMs: TIME_MS, vector: [i] })));
    const times = { predictionTimeMs: TIME_MS, labelTimeMs: TIME_MS + 1, label: 1 };
    const labels = labelsOf(places.map((offset) => ({ labelOffset: placeOfItem(9, 2), offset, ...times })));
    const other = await open();
    for (const writer of [history, history, other]) {
      writer.predictions(topology, block);
      writer.labels(topology, labels);
      await writer.flush();
    }
    await other.close();
    const ids = `SELECT id FROM predictions WHERE topology = {topology:String} ORDER BY offset, item`;
    t.strictSame(
      (await history.query<{ id: string }>(ids, { topology })).map(({ id }) => id),
      ['flights-0-5.0', 'flights-0-5.1', 'flights-0-6', 'flights-0-7.9999'],
    );
    const labelled = `SELECT item, label FROM predictions_labelled WHERE topology = {topology:String} ORDER BY offset, item`;
    t.strictSame(await history.query(labelled, { topology }), [
      { item: 0, label: 1 },
      { item: 1, label: 1 },
      { item: -1, label: 1 },
      { item: 9_999, label: 1 },
    ]);
    t.strictSame([...(await history.recentVectors({ topology, width: 1, rowsMax: 3 })).features], [1, 2, 3]);
    await history.close();
  });
}
