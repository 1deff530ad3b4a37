// A model update stays below its limit, whatever the number of features and of their categories.
import t from 'tap';
import { MANIFEST_NAMES_BYTES_MAX } from '../../src/core/loop-limits.ts';
import { MODEL_BYTES_MAX } from '../../src/core/model-limits.ts';
import type { FeatureSpec } from '../../src/core/feature-spec.ts';
import { fitEncoding } from '../../src/learning/trainers/encoding/fit-encoding.ts';
import { headOf } from '../../src/learning/trainers/mlp/head.ts';
import { buildModel } from '../../src/learning/trainers/mlp/model-file.ts';
import { networkShape } from '../../src/learning/trainers/mlp/network-shape.ts';
import { mlpDefaults } from '../../src/learning/trainers/mlp/params.ts';
import { packUpdate } from '../../src/runtime/models/model-update.ts';
import { makeDriftReference } from '../../src/stats/drift-reference.ts';
import { Random } from '../../src/stats/random.ts';
import { championManifest } from '../../bench/fleet/champion-manifest.ts';
import { ordersTopology } from '../support/orders.ts';

/** Bytes of the update of a model that was fitted on rows of such features. */
function updateBytes(features: readonly FeatureSpec[], rowCount: number, categories: number): number {
  const random = new Random(1);
  const width = features.length;
  const values = Float32Array.from({ length: rowCount * width }, (_, i) =>
    features[i % width]?.kind === 'numeric' ? random.nextDouble() : random.nextInt(categories),
  );
  const params = { ...mlpDefaults, categoryCountMin: 1 };
  const encoding = fitEncoding({ features: values, rowCount, width }, features, params);
  const shape = networkShape(encoding, params);
  const theta = Float32Array.from({ length: shape.size }, () => random.nextDouble());
  const model = buildModel(
    encoding,
    shape,
    theta,
    headOf({ name: 'binary', output: { low: 0, high: 1 } }, new Float32Array(1), null),
  );
  const names = features.map(({ name }) => name);
  const kinds = features.map(({ kind }) => kind);
  const reference = makeDriftReference(values, rowCount, names, kinds, values.slice(0, rowCount), 1);
  const manifest = { ...championManifest(ordersTopology(), 'v1', reference, model), features };
  const update = packUpdate(manifest, model, 'volume', 1);
  return update.model.length + update.manifest.length;
}

/** Printable text that does not compress. */
function randomName(random: Random, length: number): string {
  return String.fromCharCode(...Array.from({ length }, () => 33 + random.nextInt(94)));
}

t.test('a manifest has room for the names that a topology may have', async (t) => {
  const random = new Random(2);
  const features: FeatureSpec[] = Array.from({ length: 1_024 }, () => ({
    name: randomName(random, 64),
    kind: 'numeric',
  }));
  const ofFeatures = 2 * 1_024 * 64;
  const classes = Array.from({ length: 1_000 }, () =>
    randomName(random, Math.floor((MANIFEST_NAMES_BYTES_MAX - ofFeatures) / 1_000)),
  );
  const rows = 2_100;
  const values = Float32Array.from({ length: rows * features.length }, () => random.nextDouble());
  const [names, kinds] = [features.map(({ name }) => name), features.map(({ kind }) => kind)];
  const reference = makeDriftReference(values, rows, names, kinds, values.slice(0, rows), 1);
  const model = new Uint8Array(0);
  const manifest = { ...championManifest(ordersTopology(), 'v1', reference, model), features, classes };
  t.ok(packUpdate(manifest, model, 'volume', 1).manifest.length < MODEL_BYTES_MAX);
  const longer = { ...manifest, classes: classes.map((name) => name + randomName(random, 500)) };
  t.throws(
    () => packUpdate(longer, model, 'volume', 1),
    { code: 'MODEL_INVALID' },
    'far longer ones have none',
  );
});

const named = (count: number, kind: FeatureSpec['kind']): FeatureSpec[] =>
  Array.from({ length: count }, (_, i) => ({ name: `${kind}_${i}`, kind }));

t.test('72 continuous features, 1,024 of them, and four columns of 50,000 categories', async (t) => {
  for (const [features, rows] of [
    [named(72, 'numeric'), 3_000],
    [named(1_024, 'numeric'), 2_100],
    [named(4, 'categorical'), 200_000],
    [[...named(4, 'categorical'), ...named(72, 'numeric')], 60_000],
  ] as const)
    t.ok(updateBytes(features, rows, 50_000) < MODEL_BYTES_MAX, `${features.length} features`);
});
