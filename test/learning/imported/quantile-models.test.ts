// Quantiles that scikit-learn's models give, of one file: as outputs apart, in any order, and as columns of one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { OnnxGraphRuntime } from '../../../src/adapters/onnx/graph-runtime.ts';
import { importOnnx, type ImportChoices } from '../../../src/learning/imported/import-onnx.ts';
import type { ScoreShape } from '../../../src/learning/imported/score-graph.ts';
import { viewModel } from '../../../src/onnx-format/model-view.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'vectors');
interface Stored {
  readonly outputs: readonly string[];
  readonly rows: ReadonlyArray<readonly number[]>;
  /** Predictions of each row in the order of `outputs`. */
  readonly expected: ReadonlyArray<readonly number[]>;
}
const stored = JSON.parse(readFileSync(join(FOLDER, 'quantile-models.json'), 'utf8')) as Stored;
const bytesOf = (name: string): Uint8Array => readFileSync(join(FOLDER, 'models', `${name}.onnx`));
const features = ['km', 'load'].map((name) => ({ name, kind: 'numeric' as const }));
const values = Float32Array.from(stored.rows.flat());
/** A value and three quantiles. */
const RANGE: ScoreShape = { width: 4, isProbability: false, classes: null };
const choices = (output: readonly string[] | null): ImportChoices => ({
  features: null,
  output,
  scores: null,
  positive: null,
});
const runtime = new OnnxGraphRuntime();

async function rowsOf(model: Uint8Array): Promise<number[][]> {
  const session = await runtime.load(model);
  const { inputs, outputs } = viewModel(model);
  const input = { type: 'float32', data: values, dims: [stored.rows.length, features.length] } as const;
  const scores = (await session.run({ [inputs[0]?.name ?? '']: input }))[outputs[0]?.name ?? ''];
  await session.close();
  t.same(scores?.dims, [stored.rows.length, RANGE.width]);
  const data = scores?.data as Float32Array;
  return stored.rows.map((_, row) => [...data.subarray(row * RANGE.width, (row + 1) * RANGE.width)]);
}

function near(own: readonly number[][], wanted: ReadonlyArray<readonly number[]>): boolean {
  return wanted
    .flat()
    .every((value, i) => Math.abs((own.flat()[i] as number) - value) <= 1e-5 * Math.max(1, Math.abs(value)));
}

t.test('outputs apart, in the order that is named', async (t) => {
  const apart = bytesOf('quantiles-apart');
  t.ok(
    near(await rowsOf(importOnnx(apart, features, RANGE, choices(stored.outputs)).model), stored.expected),
  );
  const turned = [...stored.outputs].reverse();
  const wanted = stored.expected.map((row) => [...row].reverse());
  t.ok(near(await rowsOf(importOnnx(apart, features, RANGE, choices(turned)).model), wanted));
  t.ok(
    stored.expected.every(([, low = 0, , high = 0]) => low < high),
    'and they differ',
  );
});

t.test('columns of one output', async (t) => {
  const { model } = importOnnx(bytesOf('quantiles-matrix'), features, RANGE, choices(null));
  t.ok(near(await rowsOf(model), stored.expected));
});

t.test('fewer or more than the levels of the task are refused', async (t) => {
  const some = stored.outputs.slice(0, 3);
  t.throws(
    () => importOnnx(bytesOf('quantiles-apart'), features, RANGE, choices(some)),
    /3 scores a row, and the task 4/,
  );
  const five = { ...RANGE, width: 5 };
  t.throws(
    () => importOnnx(bytesOf('quantiles-matrix'), features, five, choices(null)),
    /4 scores a row, and the task 5/,
  );
});
