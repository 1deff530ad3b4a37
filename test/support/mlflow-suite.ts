// What the MLflow adapter does with a server (for tests): the recorded one in `npm test`, a real one in `npm run test:mlflow`.
import type { Test } from 'tap';
import { MlflowClient } from '../../src/adapters/mlflow/client.ts';
import { readMlflowModel } from '../../src/adapters/mlflow/read-model.ts';
import { writeMlflowModel } from '../../src/adapters/mlflow/write-model.ts';
import type { ModelManifest } from '../../src/core/reports.ts';
import { NO_REFERENCE } from '../../src/stats/drift-reference.ts';
import { exportedModels } from './exported-models.ts';

const [{ bytes: model } = { bytes: new Uint8Array(0) }] = exportedModels();

export const manifest: ModelManifest = {
  topology: 'payments',
  version: 'v3',
  status: 'champion',
  parent: 'v2',
  createdMs: Date.UTC(2026, 0, 5),
  trainedAtMs: 0,
  reason: 'drift',
  why: 'better than v2',
  interval: { fromMs: 0, toMs: 1 },
  rows: { train: 100, validation: 20, gate: 30 },
  metrics: { candidate: { n: 30, logLoss: 0.25, auc: null }, champion: null },
  task: 'binary',
  trainer: { name: 'mlp', params: { hidden: [8, 4], dropout: 0.1 } },
  gate: { share: 0.3, confidence: 0.9, tolerance: 0, refit: true },
  newestRowMs: 1,
  features: [
    { name: 'amount', kind: 'numeric' },
    { name: 'age', kind: 'numeric' },
  ],
  environment: {},
  sha256: '00',
  seconds: 1.5,
  reference: NO_REFERENCE,
};

/** A version goes there and comes back with its figures, parameters, tags and alias. */
export async function roundTrip(t: Test, url: string, name: string): Promise<void> {
  const client = new MlflowClient({ url, token: null });
  const given = { name, experiment: `${name} experiment`, manifest, model, nowMs: Date.UTC(2026, 0, 6) };
  t.equal(await writeMlflowModel(client, given), '1');
  t.equal(await writeMlflowModel(client, { ...given, manifest: { ...manifest, status: 'retired' } }), '2');
  const champion = await readMlflowModel(client, `models:/${name}@champion`, 100_000);
  t.equal(champion.uri, `models:/${name}/1`);
  t.ok(champion.bytes.equals(model));
  t.match(champion.origin, {
    'mlflow.metric.logLoss': '0.25',
    'mlflow.metric.training_seconds': '1.5',
    'mlflow.param.trainer': 'mlp',
    'mlflow.param.hidden': '[8,4]',
    'mlflow.tag.millrace.version': 'v3',
    mlflowAliases: 'champion',
  });
  t.notOk('mlflow.metric.auc' in champion.origin, 'what is undefined is no metric');
  const second = await readMlflowModel(client, `models:/${name}/2`, 100_000);
  t.match(second.origin, { 'mlflow.tag.millrace.status': 'retired', mlflowAliases: '' });
  for (const unknown of [`models:/${name}/9`, `models:/${name}@none`, 'models:/nothing/1'])
    await t.rejects(readMlflowModel(client, unknown, 100_000), { code: 'MODEL_UNKNOWN' });
  await t.rejects(readMlflowModel(client, `models:/${name}`, 100_000), { code: 'CONFIG_INVALID' });
  await t.rejects(readMlflowModel(client, `models:/${name}/1`, 10), { code: 'REGISTRY_FAILED' });
}
