// The manifest of a model fits into its update, whatever its features.
import t from 'tap';
import { MODEL_BYTES_MAX } from '../../../src/core/model-limits.ts';
import { FEATURES_MAX } from '../../../src/core/topology-limits.ts';
import { manifestOf, packUpdate } from '../../../src/runtime/models/model-update.ts';
import { makeDriftReference } from '../../../src/stats/drift-reference.ts';
import { Random } from '../../../src/stats/random.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { ordersTopology } from '../../support/orders.ts';

const topology = ordersTopology({ partitions: 1 });
const ROWS = 1_000;
const CATEGORIES = 50_000;
/** Of a network of one layer on as many features. */
const MODEL_BYTES = 300_000;

for (const categorical of [0, 4]) {
  t.test(`${FEATURES_MAX} features, ${categorical} of them with ${CATEGORIES} categories`, (t) => {
    const random = new Random(1);
    const kinds = Array.from({ length: FEATURES_MAX }, (_, i) =>
      i < categorical ? ('categorical' as const) : ('numeric' as const),
    );
    const names = kinds.map((_, i) => `payments_by_merchant_category_mean_${i}`);
    const values = Float32Array.from({ length: ROWS * FEATURES_MAX }, (_, i) =>
      i % FEATURES_MAX < categorical ? random.nextInt(CATEGORIES) : 1e6 * (random.nextDouble() - 0.5),
    );
    const scores = Float32Array.from({ length: ROWS }, () => random.nextDouble());
    const reference = makeDriftReference(values, ROWS, names, kinds, scores, 1);
    const model = Buffer.alloc(MODEL_BYTES);
    const features = names.map((name, i) => ({ name, kind: kinds[i] ?? 'numeric' }));
    const manifest = { ...championManifest(topology, 'v1', reference, model), features };
    const update = packUpdate(manifest, model, 'given', 0);
    t.comment(`${update.manifest.length} of ${MODEL_BYTES_MAX} bytes`);
    t.same(manifestOf(update), manifest);
    t.end();
  });
}
