// Manifests that 0.1.0 wrote stay readable.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseManifest } from '../../src/core/manifest.ts';

const stored = readFileSync(new URL('./fixtures/manifest-0.1.0.json', import.meta.url), 'utf8');

t.test('a manifest of 0.1.0 gets its task, its trainer and its gate from the parameters', async (t) => {
  const manifest = parseManifest(stored);
  t.equal(manifest.task, 'binary');
  t.equal(manifest.trainer.name, 'mlp');
  t.match(manifest.trainer.params, { hidden: [64, 32], epochs: 6, missingShareMin: 0.005 });
  t.notOk('gateShare' in manifest.trainer.params || 'halfLifeDays' in manifest.trainer.params);
  t.same(manifest.gate, { share: 0.35, confidence: 0.9, tolerance: 0.01, refit: true });
  t.equal(manifest.newestRowMs, manifest.interval.toMs);
  t.notOk('params' in manifest);
  t.same(manifest.metrics.candidate, { n: 1782, logLoss: 0.4538595301421268, auc: 0.7824721343057658 });
});

t.test('one of this version is read as it was written', async (t) => {
  const manifest = parseManifest(stored);
  t.same(parseManifest(JSON.stringify(manifest)), manifest);
});

t.test('by how much a candidate won may be absent, and is made of numbers if not', async (t) => {
  const manifest = parseManifest(stored);
  t.equal(manifest.gain, undefined);
  const gain = { mean: 0.02, low: -0.01, high: 0.05 };
  t.same(parseManifest(JSON.stringify({ ...manifest, gain })).gain, gain);
  t.throws(() => parseManifest(JSON.stringify({ ...manifest, gain: { ...gain, low: 'low' } })), {
    message: /'gain' .* 'low' that is no number/,
  });
});
