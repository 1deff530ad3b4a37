// `millrace models promote` and `rollback` while engines run in other processes and their partitions have no events: on a
// fleet over Kafka, and on the embedded log.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { FileModelRegistry } from '../../src/adapters/registry/file-model-registry.ts';
import type { Topology } from '../../src/index.ts';
import { fixedModel } from '../chaos/model.ts';
import { championManifest } from '../../bench/fleet/champion-manifest.ts';
import { millrace } from '../support/cli.ts';
import { runEngine } from '../support/running-engine.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';
import { NO_REFERENCE } from '../../src/stats/drift-reference.ts';

t.setTimeout(120_000);

const PARTITIONS = 4;
const folder = mkdtempSync(join(tmpdir(), 'millrace-promotion-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

async function writeTopology(): Promise<{ readonly file: string; readonly topology: Topology }> {
  const name = uniqueName('payments').replaceAll('_', '-');
  const file = join(folder, `${name}.ts`);
  const index = resolve(import.meta.dirname, '../../src/index.ts');
  writeFileSync(
    file,
    `import { defineTopology, double, features, numeric, score, source, string, timestamp } from '${index}';
const payments = source('${name}', { schema: { id: string, amount: double, at: timestamp }, eventTime: 'at', partitions: ${PARTITIONS} });
export default defineTopology(payments, { name: '${name}', stages: [features({ fields: { amount: numeric('amount') } }), score({ key: 'id', fallback: 0.5 })] });
`,
  );
  const { default: topology } = (await import(file)) as { default: Topology }; // as written above
  return { file, topology };
}

/** Registers two versions that were champions before. */
async function registerModels(topology: Topology, data: string): Promise<void> {
  const registry = new FileModelRegistry(join(data, 'models'));
  const model = fixedModel(1);
  for (const version of ['v1', 'v2']) {
    const manifest = championManifest(topology, version, NO_REFERENCE, model);
    await registry.register({ ...manifest, status: 'retired' }, model);
  }
}

async function succeeds(
  t: Test,
  words: readonly string[],
  settings: Record<string, string>,
  said: RegExp,
): Promise<void> {
  const { code, stdout, stderr } = await millrace(['models', ...words], settings);
  t.equal(code, 0, stderr);
  t.match(stdout, said);
}

t.test('a fleet on Kafka', async (t) => {
  const { file, topology } = await writeTopology();
  const data = join(folder, 'first');
  const servers = {
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_REDIS_URL: redisUrl(),
    MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${uniqueName('millrace')}`,
  };
  await registerModels(topology, data);
  const settings = { ...servers, MILLRACE_DATA: data };
  await succeeds(t, ['promote', file, 'v1'], settings, /promoted v1\. No engine runs: /);
  const first = await runEngine(['run', file], data, servers);
  // Without a schema registry the processes of a fleet share its file.
  mkdirSync(join(folder, 'second'));
  copyFileSync(join(data, 'schema-registry.json'), join(folder, 'second', 'schema-registry.json'));
  const engines = [first, await runEngine(['run', file], join(folder, 'second'), servers)];
  t.teardown(() => Promise.all(engines.map((engine) => engine.stop())));
  await succeeds(t, ['promote', file, 'v2'], settings, /promoted v2\. All 4 partitions score with it\./);
  await succeeds(t, ['rollback', file], settings, /rolled back to v1\. All 4 partitions score with it\./);
  await succeeds(t, ['list', file], settings, /^v1 +champion/m);
  const answer = await fetch(new URL('api/models/promote', first.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version: 'v2' }),
  });
  t.equal(answer.status, 200);
  t.match(await answer.json(), { champion: 'v2', outcome: 'taken', waiting: [] });
  const other = await fetch(new URL('api/models/promote', first.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ topology: 'another', version: 'v1' }),
  });
  t.equal(other.status, 404);
  t.match(await other.json(), { error: { code: 'MODEL_UNKNOWN' } });
  await succeeds(t, ['promote', file, 'v1', '--wait', '0'], settings, /promoted v1\. /);
});

t.test('an engine on the embedded log', async (t) => {
  const { file, topology } = await writeTopology();
  const data = join(folder, 'embedded');
  await registerModels(topology, data);
  const engine = await runEngine(['run', file], data);
  const settings = { MILLRACE_DATA: data };
  await succeeds(t, ['promote', file, 'v2'], settings, /promoted v2\. All 4 partitions score with it\./);
  await engine.stop();
  await succeeds(t, ['rollback', file], settings, /rolled back to v1\. No engine runs: /);
});
