// Deduplication compared with a brute-force oracle, with batches of any size and restarts at any barrier.
import fc from 'fast-check';
import t from 'tap';
import type { Batch } from '../../src/core/batch.ts';
import { dedupe } from '../../src/operators/dedupe.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import { MemoryStateStores, RowBatches, type Row } from '../../src/testing/index.ts';
import { StageBench } from '../support/stage-bench.ts';

const string = { kind: 'string', nullable: true } as const;
const schema = { id: string, part: string, at: { kind: 'number', nullable: true } } as const;
const WITHIN_MS = 100;
const stage = dedupe('dedupe', { by: ['id'], withinMs: WITHIN_MS });

interface Event {
  readonly id: string | null;
  readonly at: number;
}

/** Offsets that pass: an event is dropped if an earlier one that passed has its id and a time that is close enough. */
function oracle(events: readonly Event[]): number[] {
  const passed: number[] = [];
  for (const [offset, { id, at }] of events.entries()) {
    const isDuplicate = passed.some((before) => {
      const other = events[before] as Event;
      return other.id === id && Math.abs(other.at - at) <= WITHIN_MS;
    });
    if (id === null || !isDuplicate) passed.push(offset);
  }
  return passed;
}

async function hydrate(bench: StageBench, batch: Batch, store: StateStore): Promise<void> {
  const wanted = new Set<string>();
  bench.instance.keyedState?.wantedKeys(batch, wanted);
  const keys = [...wanted];
  const blobs = await store.get(keys.map((key) => `dedupe:${key}`));
  for (const [i, key] of keys.entries()) bench.instance.keyedState?.hydrate(key, blobs[i] ?? null);
}

interface Plan {
  readonly rows: number;
  readonly after: 'nothing' | 'barrier' | 'restart';
}

/** Runs the events in batches; a restart continues from the state of the last barrier. */
async function run(events: readonly Event[], plans: readonly Plan[]): Promise<number[]> {
  const store = new MemoryStateStores().open('test', { topic: 'test', partition: 0 });
  await store.restore(0);
  const batches = new RowBatches(schema, 'at');
  let bench = new StageBench(stage, { schema });
  let watermarkMs = Number.NEGATIVE_INFINITY;
  const kept: number[] = [];
  let at = 0;
  for (let i = 0; at < events.length; i++) {
    const plan = plans[i % plans.length] as Plan;
    const rows = events.slice(at, at + plan.rows);
    at += rows.length;
    const batch = batches.next(rows as unknown as Row[]); // an event is a row: null, string or number a column
    await hydrate(bench, batch, store);
    bench.push(batch);
    for (const row of rows) watermarkMs = Math.max(watermarkMs, row.at);
    if (plan.after === 'nothing') continue;
    const { delta } = bench.close(at, watermarkMs);
    await store.commit({ epoch: i, offsetNext: at, watermarkMs, modelVersion: 'none' }, delta);
    if (plan.after === 'barrier') continue;
    kept.push(...bench.keptOffsets);
    bench = new StageBench(stage, { schema, restoredWatermarkMs: watermarkMs });
    const blob = (await store.restore(i))?.stages.get('dedupe');
    if (blob !== undefined) bench.instance.operatorState?.restore(blob);
  }
  return [...kept, ...bench.keptOffsets];
}

const planArbitrary: fc.Arbitrary<Plan> = fc.record({
  rows: fc.integer({ min: 1, max: 7 }),
  after: fc.constantFrom('nothing', 'barrier', 'restart'),
});

/** Time advances, and events are up to WITHIN_MS late. */
const eventsArbitrary = fc
  .array(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', null),
      stepMs: fc.oneof(fc.nat(40), fc.nat(400)),
      behindMs: fc.oneof(fc.constant(0), fc.nat(WITHIN_MS)),
    }),
    { maxLength: 80 },
  )
  .map((steps) => {
    let nowMs = 10_000;
    return steps.map(({ id, stepMs, behindMs }): Event => {
      nowMs += stepMs;
      return { id, at: nowMs - behindMs };
    });
  });

t.test('the same events pass as in the oracle', async (t) => {
  await fc.assert(
    fc.asyncProperty(eventsArbitrary, fc.array(planArbitrary, { minLength: 1 }), async (events, plans) => {
      const kept = await run(events, plans);
      return JSON.stringify(kept) === JSON.stringify(oracle(events));
    }),
    { seed: 1, numRuns: 400 },
  );
  t.pass();
});

t.test('batches and restarts have no effect, however late events are', async (t) => {
  const anyEvents = fc.array(
    fc.record({ id: fc.constantFrom('a', 'b', 'c'), at: fc.integer({ min: -500, max: 1_500 }) }),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(anyEvents, fc.array(planArbitrary, { minLength: 1 }), async (events, plans) => {
      const kept = await run(events, plans);
      const whole = await run(events, [{ rows: 1_000, after: 'nothing' }]);
      return JSON.stringify(kept) === JSON.stringify(whole);
    }),
    { seed: 1, numRuns: 400 },
  );
  t.pass();
});

t.test('a barrier inside a batch stores only the ids before it', async (t) => {
  const bench = new StageBench(stage, { schema });
  const batches = new RowBatches(schema, 'at');
  bench.push(batches.next(['a', 'b', 'c'].map((id) => ({ id, at: 5 }))));
  const inside = bench.close(2, 5);
  t.same(
    inside.delta.appends.map(({ key, bytes }) => [key, bytes.length]),
    [['dedupe:0', 2 * 13]],
  );
  const after = bench.close(3, 5);
  t.same(
    after.delta.appends.map(({ key, bytes }) => [key, bytes.length]),
    [['dedupe:0', 13]],
  );
});

t.test('an id of several columns; events without one of them pass', async (t) => {
  const bench = new StageBench(dedupe('dedupe', { by: ['id', 'part'], withinMs: WITHIN_MS }), { schema });
  const rows = [
    { id: 'a', part: '1', at: 0 },
    { id: 'a', part: '2', at: 0 },
    { id: 'a', part: '1', at: WITHIN_MS },
    { id: 'a', part: null, at: 0 },
    { id: 'a', part: null, at: 0 },
    { id: 'a', part: '2', at: WITHIN_MS + 1 },
    // Different ids, even if their parts join to the same text.
    { id: 'b|c', part: 'd', at: 0 },
    { id: 'b', part: 'c|d', at: 0 },
  ];
  bench.push(new RowBatches(schema, 'at').next(rows));
  t.same(bench.keptOffsets, [0, 1, 3, 4, 5, 6, 7]);
  t.equal(bench.dropped, 1);
});
