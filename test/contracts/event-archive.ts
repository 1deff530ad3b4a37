// What every archive of events must do (src/ports/history.ts): a part of the contract of the history.
import fc from 'fast-check';
import type { Test } from 'tap';
import type { History } from '../../src/ports/history.ts';
import { eventsOf, fresh, rawBatchOf } from './history-rows.ts';

/** Timestamps that a producer may give, as far as a table can tell them apart. */
const TIME_LIMITS_MS = [
  Date.UTC(1900, 0, 1),
  Date.UTC(2299, 11, 31),
  8.64e15,
  -8.64e15,
  Number.MAX_SAFE_INTEGER,
];

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

export async function archiveContract(t: Test, name: string, history: History): Promise<void> {
  await t.test(
    `${name}: events whose offsets are used again are replaced by those that have them now`,
    async (t) => {
      const topology = fresh();
      const rowsOf = (value: string): ReturnType<typeof rawBatchOf> =>
        rawBatchOf(
          Array.from({ length: 20 }, (_, i) => ({
            key: null,
            value: Buffer.from(`${value} ${i}`),
            timestampMs: i,
            gap: 0,
          })),
        );
      const old = rowsOf('old');
      const source = { topology, ...old.origin };
      history.events(topology, { raw: old, begin: 0, end: 20, offsetFrom: 0 });
      await history.forget(source, old.offsets[5] as number); // while rows are buffered
      const raw = rowsOf('new');
      history.events(topology, { raw, begin: 5, end: 20, offsetFrom: raw.offsets[5] as number });
      await history.flush();
      const values: string[] = [];
      for await (const page of history.readEvents(source, 0, Number.MAX_SAFE_INTEGER))
        values.push(...Array.from(page.values, String));
      t.same(
        values,
        Array.from({ length: 20 }, (_, i) => `${i < 5 ? 'old' : 'new'} ${i}`),
      );
      await history.forget({ ...source, partition: source.partition + 1 }, 0);
      t.ok(await history.holdsEvents(source, raw.offsets[0] as number, raw.offsets[19] as number));
    },
  );

  await t.test(`${name}: archived events come back bit for bit, in order and once`, async (t) => {
    const topology = fresh();
    const bytes = fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
    const events = fc.sample(
      fc.record({
        key: bytes,
        value: bytes,
        timestampMs: fc.integer({ min: -1, max: 4e12 }),
        gap: fc.nat(2),
      }),
      { numRuns: 300, seed: 7 },
    );
    const times = [-1, 0, ...TIME_LIMITS_MS];
    times.forEach((timestampMs, i) => Object.assign(events[i] as object, { timestampMs }));
    events[3] = { key: Buffer.alloc(0), value: Buffer.from('\\N\t\n\0'), timestampMs: 5, gap: 0 };
    const raw = rawBatchOf(events);
    const half = raw.offsets[150] as number;
    history.events(topology, { raw, begin: 0, end: 200, offsetFrom: 0 });
    await history.flush();
    history.events(topology, { raw, begin: 150, end: 300, offsetFrom: half }); // a restart
    await history.flush();
    const source = { topology, ...raw.origin };
    const read = async (from: number, to: number): Promise<unknown[]> => {
      const rows: unknown[] = [];
      for await (const page of history.readEvents(source, from, to)) {
        t.same(page.origin, raw.origin);
        t.equal(page.count, page.values.length);
        rows.push(...eventsOf(page));
      }
      return rows;
    };
    t.same(await read(0, Number.MAX_SAFE_INTEGER), eventsOf(raw));
    t.same(await read(half, half), []);
    t.same(await read(half + 1, (raw.offsets[170] as number) + 1), eventsOf(raw).slice(151, 171));
    for (const since of [
      Number.NEGATIVE_INFINITY,
      -1e15,
      ...fc.sample(fc.integer({ min: -2, max: 5e12 }), { numRuns: 12, seed: 1 }),
      9e15,
    ]) {
      const at = raw.timestampMs.findIndex((timeMs) => timeMs >= since);
      t.equal(await history.eventOffsetForTime(source, since), raw.offsets[at] ?? null, `since ${since}`);
    }
    t.equal(await history.eventOffsetForTime({ ...source, partition: 9 }, 0), null);
    t.same(await all(history.readEvents({ ...source, topic: 'other' }, 0, 1e9)), []);
  });

  await t.test(`${name}: an archive knows what it lacks`, async (t) => {
    // What is archived of each piece of a topic that has all offsets but some, and where its reader stood before it.
    const piece = fc.record({
      rows: fc.integer({ min: 1, max: 4 }),
      isArchived: fc.boolean(),
      gap: fc.nat(2),
    });
    const range = fc
      .tuple(fc.nat(50), fc.nat(50))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
    const check = async (
      pieces: ReadonlyArray<typeof piece extends fc.Arbitrary<infer T> ? T : never>,
      ranges: ReadonlyArray<readonly [number, number]>,
    ): Promise<void> => {
      const topology = fresh();
      const source = { topology, topic: 'flights', partition: 0 };
      let position = 0;
      const lacks: boolean[] = []; // by offset
      for (const { rows, isArchived, gap } of pieces) {
        const raw = rawBatchOf(
          Array.from({ length: rows }, () => ({ key: null, value: null, timestampMs: 0, gap })),
          position,
        );
        if (isArchived) history.events(topology, { raw, begin: 0, end: rows, offsetFrom: position });
        for (; position < raw.offsetNext; position++) lacks.push(!isArchived);
      }
      await history.flush();
      for (const [from, to] of ranges) {
        if (to > position) continue;
        t.equal(
          await history.holdsEvents(source, from, to),
          !lacks.slice(from, to).includes(true),
          `${from} ${to}`,
        );
      }
      t.equal(await history.holdsEvents(source, 0, position + 1), false, 'what was never read');
      if (!t.passing()) throw new Error('see above');
    };
    const pieces = fc.array(piece, { minLength: 1, maxLength: 10 });
    const ranges = fc.array(range, { minLength: 15, maxLength: 15 });
    await fc.assert(fc.asyncProperty(pieces, ranges, check), { numRuns: 25, endOnFailure: true });
  });

  await t.test(`${name}: pages are bounded by bytes as well, and hold one event at least`, async (t) => {
    const topology = fresh();
    const sizes = [1, 9_000_000, 9_000_000, 1, 20_000_000, 1, 2];
    const raw = rawBatchOf(
      sizes.map((size) => ({ key: null, value: Buffer.alloc(size, 7), timestampMs: 0, gap: 0 })),
    );
    history.events(topology, { raw, begin: 0, end: sizes.length, offsetFrom: 0 });
    await history.flush();
    const pages = await all(history.readEvents({ topology, ...raw.origin }, 0, 100));
    t.same(
      pages.map((page) => Array.from(page.values, (value) => value?.length)),
      [
        [1, 9_000_000, 9_000_000],
        [1, 20_000_000],
        [1, 2],
      ],
    );
  });
}
