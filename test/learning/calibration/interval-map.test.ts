// Intervals that validation rows calibrate: those of MAPIE, the share of labels that they hold, and files that do the same.
import * as fc from 'fast-check';
import t from 'tap';
import { calibratedModel } from '../../../src/learning/calibration/calibrated-model.ts';
import { intervalMap, widened, type IntervalMap } from '../../../src/learning/calibration/interval-map.ts';
import { GraphBuilder } from '../../../src/learning/graph-builder.ts';
import { regression } from '../../../src/index.ts';
import { Random } from '../../../src/stats/random.ts';
import type { TaskOutput } from '../../../src/tasks/task.ts';
import vectors from '../../vectors/conformal.json' with { type: 'json' };
import { openScorers } from '../examples.ts';

const scorers = await openScorers();

function outputOf(interval: number, quantiles: readonly number[] = []): TaskOutput {
  return regression({ column: 'y', interval, quantiles: quantiles.length === 0 ? [0.5] : quantiles }).output;
}

/** Rows of value, lower end, median, upper end. */
function outputsOf(quantiles: readonly (readonly number[])[]): Float32Array {
  return Float32Array.from(
    quantiles.flatMap(([low = 0, high = 0]) => [(low + high) / 2, low, (low + high) / 2, high]),
  );
}

for (const { name, share, quantiles, labels, others, expected } of vectors.cases)
  t.test(`the intervals are MAPIE's: ${name}`, (t) => {
    const map = intervalMap(outputOf(share), outputsOf(quantiles), Float32Array.from(labels));
    t.ok(map);
    if (map === null) return t.end();
    const found = widened(map, outputsOf(others), 4);
    for (const [i, ends] of expected.entries()) {
      const [low = 0, high = 0] = ends;
      // MAPIE leaves ends that cross as they are.
      const wanted = low <= high ? ends : [(low + high) / 2, (low + high) / 2];
      const gap = Math.max(
        Math.abs(found[i * 4 + 1]! - wanted[0]!),
        Math.abs(found[i * 4 + 3]! - wanted[1]!),
      );
      t.ok(gap < 2e-5, `row ${i}: ${gap}`);
    }
    return t.end();
  });

t.test('of exchangeable rows the interval holds its share of labels, whatever the quantiles were', (t) => {
  const random = new Random(3);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.nextDouble())) * Math.cos(2 * Math.PI * random.nextDouble());
  for (const [share, rows, factor] of [
    [0.9, 60, 0.1],
    [0.9, 200, 3],
    [0.5, 45, 1],
    [0.95, 400, 0.5],
  ] as const) {
    const output = outputOf(share);
    let inside = 0;
    const [draws, later] = [400, 25];
    for (let draw = 0; draw < draws; draw += 1) {
      const some = (count: number): { outputs: Float32Array; labels: Float32Array } => {
        const scales = Array.from({ length: count }, () => 0.2 + 3 * random.nextDouble());
        const quantiles = scales.map((scale) => [5 - factor * scale, 5 + factor * scale] as const);
        return {
          outputs: outputsOf(quantiles),
          labels: Float32Array.from(scales, (scale) => 5 + scale * normal() ** 3),
        };
      };
      const calibration = some(rows);
      const map = intervalMap(output, calibration.outputs, calibration.labels) as IntervalMap; // there are enough rows
      const fresh = some(later);
      const found = widened(map, fresh.outputs, 4);
      inside += fresh.labels.filter(
        (label, i) => label >= found[i * 4 + 1]! && label <= found[i * 4 + 3]!,
      ).length;
    }
    const coverage = inside / (draws * later);
    // The deviation of the mean over draws: of the coverage itself, and of the rows that it is measured on.
    const deviation = Math.sqrt((share * (1 - share)) / draws / later + (share * (1 - share)) / rows / draws);
    t.ok(coverage > share - 4 * deviation, `${coverage} of ${share}`);
    t.ok(coverage < share + 1 / (rows + 1) + 4 * deviation, `${coverage} of ${share}`);
  }
  t.end();
});

/** A model whose outputs are its features. */
function echo(width: number): Uint8Array {
  const graph = new GraphBuilder('echo');
  graph.output('score', graph.input('features', 'float32', ['n', width]), 'float32', ['n', width]);
  return graph.build();
}

async function filed(map: IntervalMap, outputs: Float32Array, width: number): Promise<Float32Array> {
  const model = calibratedModel(echo(width), map, width);
  const scorer = await scorers.load('interval', model ?? new Uint8Array(), width, width);
  const all = new Float32Array(outputs.length);
  await scorer.run(outputs, outputs.length / width, all);
  await scorer.close();
  return all;
}

t.test(
  'property: ends move by the margin, the other quantiles stay on their side, and files do the same',
  async (t) => {
    const value = fc.float({ min: -50, max: 50, noNaN: true });
    const levels = fc.constantFrom([0.5], [0.01, 0.3, 0.6, 0.99], [0.2], [0.001, 0.002, 0.98]);
    const given = fc.record({
      levels,
      margin: fc.float({ min: -30, max: 30, noNaN: true }),
      bounds: fc.constantFrom([-Infinity, Infinity] as const, [-10, 20] as const),
      rows: fc.array(fc.array(value, { minLength: 7, maxLength: 7 }), { minLength: 1, maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ levels: own, margin, bounds: [low, high], rows }) => {
        const output = outputOf(0.9, own);
        const { interval } = output;
        const width = 3 + own.length;
        const outputs = Float32Array.from(rows.flatMap((row) => row.slice(0, width)));
        const map: IntervalMap = {
          kind: 'interval',
          from: interval!.from,
          to: interval!.to,
          margin,
          low,
          high,
        };
        const found = widened(map, outputs, width);
        t.same(await filed(map, outputs, width), found);
        const clipped = (x: number): number => Math.min(high, Math.max(low, x));
        for (let at = 0; at < found.length; at += width) {
          t.equal(found[at], clipped(outputs[at]!), 'the value stays');
          const before = outputs.slice(at + 1, at + width).sort();
          const after = found.subarray(at + 1, at + width);
          t.same(after, after.toSorted());
          const ends = [before[map.from]! - margin, before[map.to]! + margin];
          const isWide = ends[1]! >= ends[0]!;
          const middle = (before[map.from]! + before[map.to]!) / 2;
          const wanted = isWide ? ends.map(clipped) : [clipped(middle), clipped(middle)];
          t.ok(
            Math.abs(after[map.from]! - wanted[0]!) < 1e-4 && Math.abs(after[map.to]! - wanted[1]!) < 1e-4,
          );
        }
      }),
      { numRuns: 40 },
    );
  },
);

t.test('nothing is calibrated on too few rows, or on rows that cannot serve', (t) => {
  const output = outputOf(0.9);
  const rows = (count: number): Float32Array => outputsOf(Array.from({ length: count }, () => [0, 1]));
  t.equal(intervalMap(output, rows(8), new Float32Array(8)), null);
  t.ok(intervalMap(output, rows(9), new Float32Array(9)));
  const broken = rows(50);
  broken[6] = Number.NaN;
  t.equal(intervalMap(output, broken, new Float32Array(50)), null);
  const { interval: _none, ...without } = output;
  t.equal(intervalMap(without, rows(50), new Float32Array(50)), null);
  t.end();
});

t.test('a file of operators that cannot do it is left as it is', (t) => {
  const old = Uint8Array.from(echo(4));
  old[Buffer.from(old).indexOf(Buffer.from([0x10, 18])) + 1] = 10;
  const map: IntervalMap = { kind: 'interval', from: 0, to: 2, margin: 1, low: 0, high: 1 };
  t.equal(calibratedModel(old, map, 4), null);
  t.end();
});
