// The file registry stores every version completely, detects damage, and accepts no name outside its folder.
import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { FileModelRegistry } from '../../../src/adapters/registry/file-model-registry.ts';
import { bytesOf } from '../../../src/core/model-content.ts';
import type { ModelManifest } from '../../../src/core/reports.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';

const model = Uint8Array.of(8, 0, 255, 10);

function manifest(version: string, more: Partial<ModelManifest> = {}): ModelManifest {
  return {
    topology: 'flights',
    version,
    status: 'candidate',
    parent: null,
    createdMs: 1_000,
    trainedAtMs: 500,
    reason: 'volume',
    why: 'first',
    interval: { fromMs: 0, toMs: 400 },
    rows: { train: 3, validation: 1, gate: 1 },
    metrics: { candidate: { n: 1, logLoss: null }, champion: null },
    task: 'binary',
    trainer: { name: 'mlp', params: {} },
    gate: { share: 0.3, confidence: 0.9, tolerance: 0, refit: true },
    newestRowMs: 400,
    features: [{ name: 'delay', kind: 'numeric' }],
    environment: { node: 'v24' },
    sha256: createHash('sha256').update(model).digest('hex'),
    seconds: 1,
    reference: NO_REFERENCE,
    ...more,
  };
}

t.test('what is registered is loaded and listed, oldest first', async (t) => {
  const folder = t.testdir({});
  const registry = new FileModelRegistry(folder);
  t.same(await registry.list('flights'), []);
  await registry.register(manifest('v2', { createdMs: 2_000 }), model);
  await registry.register(manifest('v10', { createdMs: 3_000 }), model);
  await registry.register(manifest('v1'), model);
  await registry.register(manifest('v1', { topology: 'other' }), model);
  t.same(
    (await registry.list('flights')).map((one) => one.version),
    ['v1', 'v2', 'v10'],
  );
  const loaded = await new FileModelRegistry(folder).load('flights', 'v1');
  t.same(await bytesOf(loaded.model), Buffer.from(model));
  t.same(loaded.manifest, manifest('v1'));
});

t.test('a status changes apart from the manifest', async (t) => {
  const registry = new FileModelRegistry(t.testdir({}));
  await registry.register(manifest('v1'), model);
  await registry.setStatus('flights', 'v1', 'champion', 9_000);
  t.equal((await registry.load('flights', 'v1')).manifest.status, 'champion');
  t.equal((await registry.list('flights'))[0]?.status, 'champion');
  await t.rejects(registry.setStatus('flights', 'v2', 'champion', 1), { code: 'MODEL_UNKNOWN' });
});

t.test('a version is registered once, and a failure leaves nothing', async (t) => {
  const folder = t.testdir({});
  const registry = new FileModelRegistry(folder);
  await registry.register(manifest('v1'), model);
  await t.rejects(registry.register(manifest('v1', { reason: 'again' }), model), { code: 'MODEL_INVALID' });
  t.equal((await registry.load('flights', 'v1')).manifest.reason, 'volume');
  await t.rejects(registry.register(manifest('v2', { sha256: 'other' }), model), { code: 'MODEL_INVALID' });
  t.same(await readdir(join(folder, 'flights')), ['v1']);
});

t.test('what a killed process left half-written is no version', async (t) => {
  const folder = t.testdir({});
  const registry = new FileModelRegistry(folder);
  await registry.register(manifest('v1'), model);
  await mkdir(join(folder, 'flights', '.new-abc'));
  t.equal((await registry.list('flights')).length, 1);
});

t.test('unknown versions, damaged files and names that are no folder names', async (t) => {
  const folder = t.testdir({});
  const registry = new FileModelRegistry(folder);
  await t.rejects(registry.load('flights', 'v1'), { code: 'MODEL_UNKNOWN', message: /models list/ });
  await registry.register(manifest('v1'), model);
  await writeFile(join(folder, 'flights', 'v1', 'model.onnx'), 'damaged');
  await t.rejects(registry.load('flights', 'v1'), { code: 'MODEL_INVALID', message: /SHA-256/ });
  for (const name of ['', '..', '.', 'a/b', '.new-x', '../x']) {
    await t.rejects(registry.load('flights', name), { code: 'MODEL_INVALID' }, JSON.stringify(name));
    await t.rejects(registry.register(manifest('v1', { topology: name }), model), { code: 'MODEL_INVALID' });
  }
});

t.test('a damaged version is named, and does not hide the others', async (t) => {
  const folder = t.testdir({});
  const damaged: string[] = [];
  const registry = new FileModelRegistry(
    folder,
    (error) => void damaged.push(`${error.code} ${error.where}`),
  );
  await registry.register(manifest('v1'), model);
  const sound = await registry.list('flights');
  const harms: ReadonlyArray<readonly [file: string, content: string]> = [
    ['manifest.json', '{"topology": "fli'],
    ['manifest.json', 'null'],
    ['manifest.json', '[]'],
    ['manifest.json', '['.repeat(100_000)],
    ['manifest.json', JSON.stringify({ ...manifest('x4'), features: 5 })],
    ['manifest.json', JSON.stringify({ ...manifest('x5'), createdMs: 8_640_000_000_000_001 })],
    ['manifest.json', JSON.stringify(manifest('v1'))],
    ['status.json', ''],
    ['status.json', '{"status": "best"}'],
  ];
  for (const [i, [file, content]] of harms.entries()) {
    const version = `x${i}`;
    await registry.register(manifest(version), model);
    const path = join(folder, 'flights', version);
    await writeFile(join(path, file), content);
    await t.rejects(registry.load('flights', version), {
      code: 'MODEL_INVALID',
      where: path,
      message: /Restore the files/,
    });
  }
  t.same(await registry.list('flights'), sound);
  t.equal(damaged.length, harms.length);
});
