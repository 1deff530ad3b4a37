/**
 * `npm run test:mlflow`: installs MLflow from PyPI (once, into test/.cache), starts its server, takes a version there and back,
 * and loads what was exported with MLflow's own mlflow.onnx. MLFLOW_URL names a server that runs already.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ensureCommand } from '../tools/services/install.ts';
import { makeOnce, runCommand } from '../tools/services/make-once.ts';
import { pickPort } from '../tools/services/ports.ts';
import { roundTrip } from './support/mlflow-suite.ts';

const VERSION = '3.17.2';
const WAIT_MS = 180_000;
t.setTimeout(600_000);

const environment = join(import.meta.dirname, `.cache/python-mlflow-${VERSION}`);
makeOnce(environment, (folder) => {
  runCommand(ensureCommand('python3', 'python3', 'the test with MLflow'), ['-m', 'venv', folder]);
  const packages = [`mlflow==${VERSION}`, 'onnx', 'onnxruntime'];
  runCommand(join(folder, 'bin/python'), ['-m', 'pip', 'install', '-q', ...packages]);
});
const python = join(environment, 'bin/python');
const folder = mkdtempSync(join(tmpdir(), 'millrace-mlflow-'));

async function start(): Promise<string> {
  const port = await pickPort();
  const stores = ['--backend-store-uri', `sqlite:///${folder}/db.sqlite`, '--artifacts-destination', folder];
  const words = ['-m', 'mlflow', 'server', '--port', String(port), '--workers', '1', ...stores];
  const server = spawn(python, words, { stdio: 'ignore', detached: true });
  t.teardown(() => {
    if (server.pid !== undefined) process.kill(-server.pid);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  const url = `http://127.0.0.1:${port}`;
  const deadlineMs = performance.now() + WAIT_MS;
  for (;;) {
    const isUp = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return url;
    if (performance.now() > deadlineMs) throw new Error('MLflow does not start');
    await sleep(500);
  }
}

const url = process.env['MLFLOW_URL'] ?? (await start());
const name = `fraud-${process.pid}`;

await t.test('a version goes to MLflow and comes back', (t) => roundTrip(t, url, name));

await t.test('MLflow loads what was exported', async (t) => {
  const script = `
import mlflow, numpy
mlflow.set_tracking_uri("${url}")
model = mlflow.onnx.load_model("models:/${name}@champion")
print([value.name for value in model.graph.input])
run = mlflow.search_runs(experiment_names=["${name} experiment"]).iloc[-1]
print(run["metrics.logLoss"], run["params.trainer"], run["tags.millrace.version"])
`;
  const { stdout, stderr } = spawnSync(python, ['-c', script], { encoding: 'utf8' });
  t.match(stdout, /^\['X'\]\n0\.25 mlp v3$/m, stderr);
});
