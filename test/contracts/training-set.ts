// What a history's training sets must hold, against a plain join in this process; part of the contract in history.ts.
import fc from 'fast-check';
import type { Test } from 'tap';
import { predictionId } from '../../src/core/blocks.ts';
import { placeOfItem } from '../../src/core/place.ts';
import { textsOf } from '../../src/core/text-column.ts';
import type { History } from '../../src/ports/history.ts';
import { fresh, labelsOf, predictionsOf } from './history-rows.ts';

const T0 = Date.UTC(2013, 0, 31, 23, 0);
const HOUR_MS = 3_600_000;

export async function trainingSetContract(t: Test, name: string, history: History): Promise<void> {
  await t.test(`${name}: a training set is what a plain join of what was known makes`, async (t) => {
    const prediction = fc.record({
      timeMs: fc.integer({ min: 0, max: 40 }).map((hours) => T0 + hours * HOUR_MS),
      delayMs: fc.integer({ min: 1, max: 20 }).map((hours) => hours * HOUR_MS),
      label: fc.constantFrom(0, 1, Number.NaN, null),
      corrections: fc.array(
        fc.record({
          laterMs: fc.integer({ min: -3, max: 30 }).map((hours) => hours * HOUR_MS),
          label: fc.constantFrom(0, 1, Number.NaN),
        }),
        { maxLength: 3 },
      ),
      width: fc.constantFrom(3, 3, 3, 2),
      partition: fc.integer({ min: 0, max: 2 }),
      score: fc.float({ min: 0, max: 1, noNaN: true }),
      card: fc.constantFrom('c1', 'c 2', null),
    });
    const bound = fc.integer({ min: 0, max: 50 }).map((hours) => T0 + hours * HOUR_MS);
    const check = async (
      predictions: ReadonlyArray<typeof prediction extends fc.Arbitrary<infer T> ? T : never>,
      fromMs: number,
      untilMs: number,
      rowsMax: number,
      matureMs: number,
    ): Promise<void> => {
      const topology = fresh();
      // Each fourth row is of an event, and the others are of its items.
      const all = predictions.map((one, i) => ({
        ...one,
        offset: placeOfItem(Math.floor(i / 4), (i % 4) - 1),
        vector: Array.from({ length: one.width }, (_, j) => Math.fround(i + j / 10)),
      }));
      for (const one of all) {
        const partition = { topic: 'flights', partition: one.partition };
        const entities = [
          { view: 'card', keys: [one.card] },
          { view: 'card.day', keys: ['é|"b"'] },
        ];
        history.predictions(topology, { ...predictionsOf([one], partition), entities });
        if (one.label === null) continue;
        const times = { predictionTimeMs: one.timeMs, labelTimeMs: one.timeMs + one.delayMs };
        const row = { ...times, labelOffset: one.offset + 1_000, offset: one.offset, label: one.label };
        history.labels(topology, labelsOf([{ ...row, score: one.score }], partition));
        for (const [k, { laterMs, label }] of one.corrections.entries()) {
          const labelTimeMs = row.labelTimeMs + laterMs;
          const correction = { ...row, labelTimeMs, labelOffset: row.labelOffset + 1_000 * (k + 1), label };
          history.labels(
            topology,
            labelsOf([{ ...correction, score: one.score, revision: k + 1 }], partition),
          );
        }
      }
      await history.flush();
      const inside = all
        .filter((one) => one.width === 3 && one.timeMs >= fromMs && one.timeMs < untilMs)
        .sort((a, b) => a.timeMs - b.timeMs || a.partition - b.partition || a.offset - b.offset);
      const query = { topology, fromMs, untilMs, rowsMax, width: 3 };
      const unlabelled = await history.trainingSet({ ...query, isLabelled: false });
      const identified = async (isLabelled: boolean, rows: typeof inside): Promise<void> => {
        const { identities, ...rest } = await history.trainingSet({
          ...query,
          predictedUntilMs: isLabelled ? untilMs - matureMs : untilMs,
          isLabelled,
          hasIdentities: true,
        });
        t.same(
          [...rest.features],
          rows.flatMap((one) => one.vector),
        );
        const texts = Object.entries(identities ?? {}).map(([name, column]) => [name, textsOf(column)]);
        t.same(Object.fromEntries(texts), {
          ids: rows.map(({ partition, offset }) => predictionId({ topic: 'flights', partition }, offset)),
          keys: rows.map(({ offset }) => `k${offset}`),
          entities: rows.map(({ card }) => JSON.stringify({ card: card ?? '', 'card.day': 'é|"b"' })),
        });
      };
      /** The last record in the log of those that were known. */
      const known = ({ timeMs, delayMs, label, corrections }: (typeof inside)[number]): number => {
        if (label === null) return Number.NaN;
        const first = { atMs: timeMs + delayMs, label };
        const later = corrections.map((one) => ({ atMs: first.atMs + one.laterMs, label: one.label }));
        return [first, ...later].filter(({ atMs }) => atMs < untilMs).at(-1)?.label ?? Number.NaN;
      };
      t.same(
        [[...unlabelled.features], [...unlabelled.eventTimeMs], unlabelled.labels.every(Number.isNaN)],
        [
          inside.slice(-rowsMax).flatMap((one) => one.vector),
          inside.slice(-rowsMax).map((one) => one.timeMs),
          true,
        ],
      );
      const wanted = inside
        .filter((one) => !Number.isNaN(known(one)) && one.timeMs < untilMs - matureMs)
        .slice(-rowsMax);
      const predictedUntilMs = untilMs - matureMs;
      const set = await history.trainingSet({ ...query, predictedUntilMs, isLabelled: true });
      t.equal(set.rowCount, wanted.length);
      t.same(
        [...set.features],
        wanted.flatMap((one) => one.vector),
      );
      t.same([...set.labels], wanted.map(known));
      t.same(
        [...set.scores],
        wanted.map((one) => Math.fround(one.score)),
      );
      t.same(
        [...set.eventTimeMs],
        wanted.map((one) => one.timeMs),
      );
      t.notOk('identities' in set || 'identities' in unlabelled, 'which are read if they are asked for');
      await identified(false, inside.slice(-rowsMax));
      await identified(true, wanted);
    };
    const sets = fc.array(prediction, { minLength: 1, maxLength: 40 });
    const rowsMax = fc.integer({ min: 1, max: 30 });
    const mature = fc.constantFrom(0, 0, 5 * HOUR_MS, 20 * HOUR_MS);
    await fc.assert(fc.asyncProperty(sets, bound, bound, rowsMax, mature, check), { numRuns: 12 });
  });

  await t.test(`${name}: the newest vectors, labelled or not`, async (t) => {
    const topology = fresh();
    const partition = (row: number) => ({ topic: 'flights', partition: row % 2 });
    for (let row = 0; row < 7; row++) {
      const vector = row === 6 ? [1, 2] : [row, Number.NaN, row / 10];
      const one = { offset: 10 - row, timeMs: T0 + row * HOUR_MS, vector, score: 0.5, width: vector.length };
      history.predictions(topology, predictionsOf([one], partition(row)));
      history.predictions(fresh(), predictionsOf([one], partition(row)));
    }
    await history.flush();
    const { rowCount, width, features } = await history.recentVectors({ topology, rowsMax: 3, width: 3 });
    t.same([rowCount, width], [3, 3], 'those of another width are left out');
    t.same(features, Float32Array.from([3, 4, 5].flatMap((row) => [row, Number.NaN, row / 10])));
    const none = await history.recentVectors({ topology: fresh(), rowsMax: 3, width: 3 });
    t.same([none.rowCount, none.features.length], [0, 0]);
  });

  await t.test(`${name}: vectors that nothing has scored are kept once, and train nothing`, async (t) => {
    const topology = fresh();
    const rows = Array.from({ length: 40 }, (_, i) => ({ offset: i, timeMs: T0 + i, vector: [i, 2, 0] }));
    history.features(topology, predictionsOf(rows.slice(0, 30)));
    history.features(topology, predictionsOf(rows.slice(20)));
    await history.flush();
    const { rowCount, features } = await history.recentVectors({ topology, rowsMax: 90, width: 3 });
    t.same([rowCount, ...features.subarray(-3)], [40, 39, 2, 0]);
    const query = {
      topology,
      fromMs: -Infinity,
      untilMs: Infinity,
      rowsMax: Infinity,
      width: 3,
      isLabelled: true,
    };
    t.equal((await history.trainingSet(query)).rowCount, 0);
  });

  await t.test(`${name}: an unbounded training set of nothing is empty`, async (t) => {
    const query = {
      topology: fresh(),
      fromMs: -Infinity,
      untilMs: Infinity,
      rowsMax: Infinity,
      width: 3,
      isLabelled: true,
    };
    const set = await history.trainingSet(query);
    t.match(set, { rowCount: 0, width: 3 });
    t.equal(set.features.length, 0);
  });
}
