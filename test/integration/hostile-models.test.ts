// Model updates of an attacker on Kafka, while an engine predicts and when one starts: none is loaded, the engine goes on,
// and the next good one is taken.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import t from 'tap';
import { openCodec, openLog } from '../../src/app/compose/adapters.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import type { Topology } from '../../src/index.ts';
import { packUpdate } from '../../src/runtime/models/model-update.ts';
import type { ModelUpdateRecord, PredictionRecord } from '../../src/runtime/records.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { topicSpecs, topicsOf } from '../../src/topology/topics.ts';
import { championManifest } from '../../bench/fleet/champion-manifest.ts';
import { millrace } from '../support/cli.ts';
import { endlessLoop, externalData, foreignOperator } from '../support/hostile-models.ts';
import { runEngine } from '../support/running-engine.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';
import { softsignModel } from '../support/softsign-model.ts';
import { NO_REFERENCE } from '../../src/stats/drift-reference.ts';

t.setTimeout(180_000);

const folder = mkdtempSync(join(tmpdir(), 'millrace-hostile-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const name = uniqueName('payments').replaceAll('_', '-');
const file = join(folder, `${name}.ts`);
writeFileSync(
  file,
  `import { defineTopology, double, features, numeric, score, source, string, timestamp } from '${resolve(import.meta.dirname, '../../src/index.ts')}';
const payments = source('${name}', { schema: { id: string, amount: double, at: timestamp }, eventTime: 'at', partitions: 1 });
export default defineTopology(payments, { name: '${name}', stages: [features({ fields: { amount: numeric('amount') } }), score({ key: 'id', fallback: 0.5 })] });
`,
);
const { default: topology } = (await import(file)) as { default: Topology }; // as written above
const secret = join(folder, 'secret');
writeFileSync(secret, Buffer.alloc(64, 1));

const servers = {
  MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
  MILLRACE_REDIS_URL: redisUrl(),
  MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${uniqueName('millrace')}`,
};
const config = readConfig({ ...servers, MILLRACE_DATA: folder });
const log = await openLog(config, new FakeTelemetry());
const codec = openCodec(config);
t.teardown(async () => {
  await codec.close();
  await log.close();
});
await log.ensureTopics(topicSpecs(topology));
const { modelUpdates, predictions } = topicsOf(topology);
const encoder = await codec.encoder<ModelUpdateRecord>(`${modelUpdates}-value`);
const decoder = await codec.decoder<PredictionRecord>(`${predictions}-value`);

async function publish(version: string, model: Uint8Array): Promise<void> {
  const update = packUpdate(championManifest(topology, version, NO_REFERENCE, model), model, 'forged', 0);
  const key = Buffer.from(`${name}/${version}`);
  await log.publish(modelUpdates, [{ key, value: encoder.encode(update), timestampMs: Date.now() }]);
}

let events = 0;

/** Sends an event, and returns the version that scored it. */
async function scoredBy(): Promise<string> {
  const id = `p${(events += 1)}`;
  const lines = join(folder, `${id}.ndjson`);
  writeFileSync(lines, `${JSON.stringify({ id, amount: events, at: new Date().toISOString() })}\n`);
  const { code, stderr } = await millrace(['produce', file, '--events', lines], {
    ...servers,
    MILLRACE_DATA: folder,
  });
  t.equal(code, 0, stderr);
  for (;;) {
    const [range] = await log.offsets(predictions);
    for await (const raw of log.read(predictions, 0, range?.low ?? 0, range?.high ?? 0))
      for (const value of raw.values) {
        const found = value === null ? null : await decoder.decode(value);
        if (found?.key === id) return found.version;
      }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const good = softsignModel(Float32Array.of(0.001));

/** Resolves when the engine says that it refuses the version. */
async function refused(url: string, version: string): Promise<void> {
  for (;;) {
    const answer = await (await fetch(new URL('readyz', url))).text();
    if (new RegExp(`model_refused.*${version}: `).test(answer)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

t.test('an engine starts behind a champion that never ends, and predicts through others', async (t) => {
  await publish('v1', good);
  await publish('v2', endlessLoop(1));
  const engine = await runEngine(['run', file], folder, servers);
  t.teardown(() => engine.stop());
  await refused(engine.url, 'v2');
  t.equal(await scoredBy(), 'v1');
  await publish('v3', endlessLoop(1));
  t.equal(await scoredBy(), 'v1', 'while v3 is tried');
  await publish('v4', externalData(1, relative(process.cwd(), secret)));
  await publish('v5', foreignOperator(1, 'subgraph'));
  await publish('v7', Buffer.from('this is no ONNX file'));
  await refused(engine.url, 'v7');
  t.equal(await scoredBy(), 'v1');
  await publish('v8', good);
  while ((await scoredBy()) !== 'v8');
  const ready = await fetch(new URL('readyz', engine.url));
  t.equal(ready.status, 200);
  t.notMatch(await ready.text(), /model_refused/);
  t.equal(await engine.stop(), 0);
});
