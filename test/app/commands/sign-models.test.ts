// `millrace models keygen`, `sign` and `verify`, and what a promotion requires with keys.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FileModelRegistry } from '../../../src/adapters/registry/file-model-registry.ts';
import flights from '../../../topologies/flights.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { millrace } from '../../support/cli.ts';
import { externalData } from '../../support/hostile-models.ts';
import { softsignModel } from '../../support/softsign-model.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';

t.setTimeout(120_000);

const FLIGHTS = 'topologies/flights.ts';
const folder = mkdtempSync(join(tmpdir(), 'millrace-signatures-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const registry = new FileModelRegistry(join(folder, 'models'));
const width = flights.features?.features.length ?? 0;
const publicFile = join(folder, 'model-key.pem');
const data = { MILLRACE_DATA: folder };
const trusting = { ...data, MILLRACE_MODEL_KEYS: publicFile };
const signing = { ...trusting, MILLRACE_MODEL_SIGNING_KEY_FILE: join(folder, 'model-signing-key.pem') };

async function register(version: string, model: Uint8Array): Promise<void> {
  await registry.register(championManifest(flights, version, NO_REFERENCE, model), model);
}

t.test('a pair of keys is written once', async (t) => {
  const { code, stdout, stderr } = await millrace(['models', 'keygen', '--out', folder]);
  t.equal(code, 0, stderr);
  t.match(
    stdout,
    /MILLRACE_MODEL_SIGNING_KEY_FILE=.*model-signing-key\.pem\n.*MILLRACE_MODEL_KEYS=.*model-key\.pem/,
  );
  t.equal(statSync(join(folder, 'model-signing-key.pem')).mode % 0o1000, 0o600);
  t.equal((await millrace(['models', 'keygen', '--out', folder])).code, 1);
});

t.test('verify says which versions engines refuse, and why', async (t) => {
  await register('v1', softsignModel(new Float32Array(width).fill(0.001)));
  const fine = await millrace(['models', 'verify', FLIGHTS], data);
  t.equal(fine.code, 0, fine.stderr);
  t.match(fine.stdout, /^v1 +champion +[0-9a-f]{12} +- +ok$/m);
  const unsigned = await millrace(['models', 'verify', FLIGHTS, 'v1'], trusting);
  t.equal(unsigned.code, 1);
  t.match(unsigned.stdout, /^v1 .*refused: the model is not signed/m);
  await register('v2', externalData(width, '.env'));
  await register('v3', softsignModel(new Float32Array(width)));
  writeFileSync(join(folder, 'models/flights/v3/model.onnx'), 'other bytes');
  const hostile = await millrace(['models', 'verify', FLIGHTS, '--json'], data);
  t.equal(hostile.code, 1);
  t.match(hostile.stderr, /^millrace: MODEL_INVALID: 2 of 3 versions would be refused/m);
  t.match(JSON.parse(hostile.stdout), [
    { version: 'v1', refused: null },
    { version: 'v2', refused: /external data/ },
    { version: 'v3', refused: /SHA-256/ },
  ]);
});

t.test('a version is promoted once it is signed', async (t) => {
  const refused = await millrace(['models', 'promote', FLIGHTS, 'v1'], trusting);
  t.equal(refused.code, 1);
  t.match(refused.stderr, /^millrace: MODEL_INVALID: the model is not signed/m);
  t.match(
    (await millrace(['models', 'sign', FLIGHTS, 'v1'], trusting)).stderr,
    /there is no key to sign with/,
  );
  t.match((await millrace(['models', 'sign', FLIGHTS, 'v2'], signing)).stderr, /external data/);
  const signed = await millrace(['models', 'sign', FLIGHTS, 'v1'], signing);
  t.match(signed.stdout, /^flights: v1 is signed by [0-9a-f]{16}\.$/m);
  // As PEM, as an environment file writes it.
  const pem = readFileSync(publicFile, 'utf8').replaceAll('\n', String.raw`\n`);
  const verified = await millrace(['models', 'verify', FLIGHTS, 'v1'], { ...data, MILLRACE_MODEL_KEYS: pem });
  t.match(verified.stdout, /^v1 +champion +[0-9a-f]{12} +[0-9a-f]{16} +ok$/m);
  const promoted = await millrace(['models', 'promote', FLIGHTS, 'v1'], trusting);
  t.match(promoted.stdout, /^flights: promoted v1\./);
  const audited = await millrace(['audit', 'list', FLIGHTS], data);
  t.match(
    audited.stdout,
    /^1  \S+  signing  model v1  .*\n2  \S+  promotion  model v1  .*\n$/,
    'what was refused is not there',
  );
});

t.test('keys that make no sense are refused, and the private one is not shown', async (t) => {
  const verify = (settings: Record<string, string>): ReturnType<typeof millrace> =>
    millrace(['models', 'verify', FLIGHTS, 'v1'], { ...data, ...settings });
  const missing = await verify({ MILLRACE_MODEL_KEYS: join(folder, 'absent.pem') });
  t.match(missing.stderr, /^millrace: CONFIG_INVALID: .*public key/);
  const secret = await verify({ MILLRACE_MODEL_KEYS: join(folder, 'model-signing-key.pem') });
  t.match(secret.stderr, /^millrace: CONFIG_INVALID: it names a private key \(MILLRACE_MODEL_KEYS\)/);
  const junk = await verify({ MILLRACE_MODEL_SIGNING_KEY: 'canary-of-a-key' });
  t.match(junk.stderr, /^millrace: CONFIG_INVALID: it is no private key in PEM/);
  t.notMatch(junk.stderr, /canary/);
});
