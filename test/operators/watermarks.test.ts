// Event time: late events, and barriers exactly where the watermark passes a control boundary.
import fc from 'fast-check';
import t from 'tap';
import { watermarks } from '../../src/index.ts';
import { RowBatches } from '../../src/testing/index.ts';
import { StageBench } from '../support/stage-bench.ts';

const schema = { at: { kind: 'number', nullable: true } } as const;
const EVERY_MS = 100;
const stage = watermarks('watermarks', { allowedLatenessMs: 30 });
const options = { schema, allowedLatenessMs: 30, controlIntervalMs: EVERY_MS };

interface Expected {
  readonly kept: number[];
  readonly late: number[];
  /** The offset of the first event after each boundary, with the boundary. */
  readonly barriers: Array<readonly [offset: number, atMs: number]>;
  readonly watermarkMs: number;
}

/** Processes one event at a time; in aligned mode the first one is after a boundary as well. */
function oracle(times: readonly number[], isAligned: boolean): Expected {
  const expected = {
    kept: [] as number[],
    late: [] as number[],
    barriers: [] as Array<readonly [number, number]>,
  };
  let watermarkMs = Number.NEGATIVE_INFINITY;
  for (const [offset, at] of times.entries()) {
    const boundary = Math.floor(at / EVERY_MS) * EVERY_MS;
    if ((isAligned || Number.isFinite(watermarkMs)) && boundary > watermarkMs) {
      // A boundary that equals the watermark has been passed.
      expected.barriers.push([offset, boundary]);
    }
    if (at + 30 < watermarkMs) expected.late.push(offset);
    else expected.kept.push(offset);
    watermarkMs = Math.max(watermarkMs, at);
  }
  return { ...expected, watermarkMs };
}

const timesArbitrary = fc
  .array(
    fc.record({ stepMs: fc.oneof(fc.nat(20), fc.nat(250)), behindMs: fc.oneof(fc.constant(0), fc.nat(60)) }),
    {
      maxLength: 60,
    },
  )
  .map((steps) => {
    let nowMs = -300;
    return steps.map(({ stepMs, behindMs }) => (nowMs += stepMs) - behindMs);
  });

t.test('property: parts make up the batch, late events are removed, boundaries are exact', async (t) => {
  fc.assert(
    fc.property(
      timesArbitrary,
      fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1 }),
      fc.boolean(),
      (times, sizes, isAligned) => {
        const bench = new StageBench(stage, { ...options, isAligned });
        const batches = new RowBatches(schema, 'at');
        let inputs = 0;
        for (let at = 0; at < times.length; inputs++) {
          const size = sizes[inputs % sizes.length] as number;
          bench.push(batches.next(times.slice(at, at + size).map((at) => ({ at }))));
          at += size;
        }
        const expected = oracle(times, isAligned);
        const barriers: Array<readonly [number, number]> = [];
        let offset = -1;
        let watermarkMs = Number.NEGATIVE_INFINITY;
        for (const element of bench.elements) {
          if (element.kind === 'barrier') {
            barriers.push([element.offsetNext, element.controlMs as number]);
            // All rows before the barrier have been emitted, with the boundary as watermark, and none after it.
            if (offset >= element.offsetNext || watermarkMs !== element.controlMs) return false;
            if (element.watermarkMs !== element.controlMs) return false;
          } else if (element.kind === 'watermark') {
            if (element.timeMs < watermarkMs) return false;
            watermarkMs = element.timeMs;
          } else {
            for (const row of element.rows) {
              const next = element.offsets[row] as number;
              if (next <= offset || next < (barriers.at(-1)?.[0] ?? 0)) return false;
              offset = next;
            }
          }
        }
        const ends = bench.elements.filter(
          (element) => element.kind === 'watermark' && element.endsInput,
        ).length;
        return (
          ends === inputs &&
          watermarkMs === expected.watermarkMs &&
          JSON.stringify([bench.keptOffsets, bench.late.map(({ offset }) => offset), barriers]) ===
            JSON.stringify([expected.kept, expected.late, expected.barriers])
        );
      },
    ),
    { seed: 6, numRuns: 500 },
  );
  t.pass();
});

t.test(
  'after a restore the watermark continues: late events stay late, and no boundary is passed twice',
  async (t) => {
    const bench = new StageBench(stage, { ...options, restoredWatermarkMs: 200 });
    bench.push(new RowBatches(schema, 'at').next([169, 170, 200, 299, 300].map((at) => ({ at }))));
    t.same(bench.late, [{ offset: 0, watermarkMs: 200 }]);
    const barriers = bench.elements.filter((element) => element.kind === 'barrier');
    t.same(
      barriers.map(({ controlMs, offsetNext }) => [controlMs, offsetNext]),
      [[300, 4]],
    );
  },
);

t.test('a watermark without an event passes boundaries like an event', async (t) => {
  const bench = new StageBench(stage, options);
  bench.advance(150);
  bench.push(new RowBatches(schema, 'at').next([{ at: 230 }]));
  const barriers = bench.elements.filter((element) => element.kind === 'barrier');
  t.same(
    barriers.map(({ controlMs }) => controlMs),
    [200],
  );
});

t.test('several boundaries without an event between them are passed together', async (t) => {
  const bench = new StageBench(stage, options);
  bench.push(new RowBatches(schema, 'at').next([10, 950].map((at) => ({ at }))));
  const barriers = bench.elements.filter((element) => element.kind === 'barrier');
  t.same(
    barriers.map(({ controlMs }) => controlMs),
    [900],
  );
});

t.test('without control boundaries a batch is not split', async (t) => {
  const bench = new StageBench(stage, { schema, allowedLatenessMs: 30 });
  const batch = new RowBatches(schema, 'at').next([10, 950, 3_000].map((at) => ({ at })));
  bench.push(batch);
  t.equal(bench.batches[0]?.rows, batch.rows);
  t.equal(bench.batches[0]?.admitted, batch.rows);
});
