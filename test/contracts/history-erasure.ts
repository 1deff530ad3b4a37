// What every history does when an entity is erased: its rows go, and no others.
import type { Test } from 'tap';
import type { History } from '../../src/ports/history.ts';
import { fresh, labelsOf, predictionsOf } from './history-rows.ts';

export async function historyErasureContract(t: Test, name: string, history: History): Promise<void> {
  await t.test(`${name}: rows of an entity are found, and erased`, async (t) => {
    const topology = fresh();
    const source = { topology, topic: 'flights', partition: 0 };
    const offsets = [1, 2, 3, 4];
    const rows = offsets.map((offset) => ({ offset, timeMs: offset, vector: [offset, 0] }));
    const block = {
      ...predictionsOf(rows),
      entities: [
        { view: 'card', keys: ["a'|b", 'bob', null, "a'|b"] },
        { view: 'shop', keys: ['bob', "a'|b", 'bob', 'bob'] },
      ],
    };
    history.predictions(topology, block);
    history.predictions(topology, { ...block, origin: { topic: 'flights', partition: 1 } });
    const times = { predictionTimeMs: 1_000, labelTimeMs: 2_000 };
    history.labels(
      topology,
      labelsOf(offsets.map((offset) => ({ labelOffset: offset + 10, offset, label: 1, ...times }))),
    );
    await history.flush();
    const ann = { value: "a'|b", views: ['card'], isKey: false };
    t.strictSame(await history.offsetsOf(source, ann), [1, 4]);
    t.strictSame(await history.offsetsOf(source, { ...ann, views: [] }), []);
    t.strictSame(await history.offsetsOf(source, { value: 'k2', views: ['card'], isKey: true }), [2]);
    t.strictSame(await history.erase(source, [1, 4, 99]), { features: 2, predictions: 2, labels: 2 });
    t.strictSame(await history.erase(source, [1, 4, 99]), { features: 0, predictions: 0, labels: 0 });
    t.strictSame(await history.offsetsOf(source, ann), []);
    t.strictSame(await history.offsetsOf({ ...source, partition: 1 }, ann), [1, 4], 'of another partition');
    const all = {
      topology,
      fromMs: -Infinity,
      untilMs: Infinity,
      rowsMax: Infinity,
      width: 2,
      isLabelled: true,
    };
    t.strictSame([...(await history.trainingSet(all)).features], [2, 0, 3, 0]);
  });
}
