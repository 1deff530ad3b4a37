// Models that cannot be imported: whichever door they come to, the error says what is wrong and what to do, and nothing of them is left.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { readMlflowModel } from '../../../src/adapters/mlflow/read-model.ts';
import { MlflowClient } from '../../../src/adapters/mlflow/client.ts';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { OnnxScorers } from '../../../src/adapters/onnx/scorer-factory.ts';
import { FileModelRegistry } from '../../../src/adapters/registry/file-model-registry.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { IMPORT_BODY_BYTES_MAX } from '../../../src/core/import-limits.ts';
import type { Topology } from '../../../src/index.ts';
import { importModel, type ImportRequest } from '../../../src/runtime/models/model-import.ts';
import { ModelKeys } from '../../../src/runtime/models/model-keys.ts';
import { exampleState } from '../../e2e/example-run.ts';
import { openExampleServing } from '../../support/example-serving.ts';
import { RecordedMlflow } from '../../support/mlflow-server.ts';
import { manifest } from '../../support/mlflow-suite.ts';
import { writeMlflowModel } from '../../../src/adapters/mlflow/write-model.ts';
import { binary, forest, REFUSED, type Refused } from '../../support/refused-models.ts';
import { RecordingAudit } from '../../support/recording-audit.ts';

t.setTimeout(180_000);

const folder = mkdtempSync(join(tmpdir(), 'millrace-refused-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const scorers = await OnnxScorers.open({ providers: ['cpu'] });
t.teardown(() => scorers.close());
const log = new EmbeddedLog({ path: null });
t.teardown(() => log.close());
const registry = new FileModelRegistry(join(folder, 'models'));
const audit = new RecordingAudit();
function requestOf({ bytes, choices = {} }: Pick<Refused, 'bytes' | 'choices'>): ImportRequest {
  const { version = null, task = null, ...own } = choices;
  const none = { features: null, output: null, scores: null, positive: null };
  return {
    source: 'fraud.onnx',
    bytes,
    choices: { ...none, ...own },
    version,
    task,
    examples: [],
    by: { actor: 'test', from: 'test' },
  };
}

function imported(topology: Topology, request: ImportRequest): ReturnType<typeof importModel> {
  const parts = {
    topology,
    log,
    registry,
    history: null,
    scorers,
    keys: new ModelKeys(),
    audit,
    nowMs: Date.now,
  };
  return importModel(parts, request);
}

function left(): unknown {
  const inFolder = readdirSync(folder, { recursive: true }).filter(
    (name) => !['models', join('models', 'payments')].includes(String(name)),
  );
  return { inFolder, changes: audit.changes.splice(0) };
}

const NOTHING = { inFolder: [], changes: [] };

for (const refused of REFUSED)
  t.test(`refused by the command: ${refused.what}`, async (t) => {
    await t.rejects(imported(refused.topology, requestOf(refused)), {
      code: refused.code ?? 'MODEL_INVALID',
      message: refused.why,
    });
    t.same(left(), NOTHING);
  });

t.test('over REST', async (t) => {
  let topology = binary;
  const { serving } = await openExampleServing({
    state: () => exampleState(262, 0),
    importModel: (given, by) => imported(topology, { ...given, examples: [], by }),
  });
  t.teardown(() => serving.close(100));
  const post = async (
    refused: Refused,
    body: Buffer<ArrayBuffer> = Buffer.from(refused.bytes),
  ): Promise<Response> => {
    const { features: map, output, version, task } = refused.choices ?? {};
    const query = new URLSearchParams({
      ...(map instanceof Map ? { features: JSON.stringify(Object.fromEntries(map)) } : {}),
      ...(output === undefined || output === null ? {} : { output: output.join(',') }),
      ...(version === undefined ? {} : { version }),
      ...(task === undefined ? {} : { task }),
    });
    topology = refused.topology;
    const headers = { 'content-type': 'application/octet-stream' };
    return fetch(new URL(`api/models?${query.toString()}`, serving.url), { method: 'POST', headers, body });
  };
  for (const refused of REFUSED) {
    const response = await post(refused);
    t.equal(response.status, refused.code === undefined ? 409 : 400, refused.what);
    const { error } = (await response.json()) as { error: Record<string, string> };
    t.equal(error['code'], refused.code ?? 'MODEL_INVALID', refused.what);
    t.match(`${error['message']}. ${error['remedy']}`, refused.why, refused.what);
    t.ok(error['remedy'], refused.what);
  }
  const [first] = REFUSED as [Refused];
  const empty = await post(first, Buffer.alloc(0));
  t.match(
    [empty.status, await empty.json()],
    [400, { error: { code: 'BODY_MALFORMED', remedy: /--data-binary/ } }],
  );
  const large = await post(first, Buffer.alloc(IMPORT_BODY_BYTES_MAX + 1));
  t.match([large.status, await large.text()], [413, /BODY_TOO_LARGE/]);
  t.same(left(), NOTHING);
  await t.resolves(imported(binary, requestOf({ bytes: forest })), 'the same registry takes one that fits');
  t.equal((await registry.list('payments')).length, 1);
  rmSync(join(folder, 'models'), { recursive: true });
  audit.changes.splice(0);
});

t.test('from MLflow', async (t) => {
  const server = new RecordedMlflow();
  const url = await server.open();
  t.teardown(() => server.close());
  const client = new MlflowClient({ url, token: null });
  const given = { name: 'fraud', experiment: 'fraud', manifest, model: Buffer.from(forest), nowMs: 1 };
  await writeMlflowModel(client, given);
  const [path] = [...server.files.keys()].filter((name) => name.endsWith('.onnx'));
  for (const refused of REFUSED) {
    server.files.set(path ?? '', Buffer.from(refused.bytes));
    const { uri, bytes, origin } = await readMlflowModel(client, 'models:/fraud/1', 1_000_000);
    const request = { ...requestOf({ ...refused, bytes }), source: uri, origin };
    const error = await imported(refused.topology, request).catch((thrown: unknown) => thrown);
    t.match(error, { code: refused.code ?? 'MODEL_INVALID', message: refused.why }, refused.what);
    t.ok(error instanceof MillraceError && error.remedy, refused.what);
  }
  await t.rejects(readMlflowModel(client, 'models:/fraud/1', 100), {
    code: 'REGISTRY_FAILED',
    message: /more than 100 bytes/,
  });
  t.same(left(), NOTHING);
});
