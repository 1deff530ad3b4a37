// A topology that trains nothing scores with a model that another tool exported: imported before the engine runs, and over REST
// while it does; on the embedded log and on Kafka.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { millrace } from '../support/cli.ts';
import { type ExportedModel, exportedModels, writeScoringTopology } from '../support/exported-models.ts';
import { runEngine } from '../support/running-engine.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';

t.setTimeout(180_000);

const MAP = { amount: 'amount', age: 'age', country: 'country', channel: 'channel' };
const folder = mkdtempSync(join(tmpdir(), 'millrace-imported-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const map = join(folder, 'map.json');
writeFileSync(map, JSON.stringify(MAP));

function exported(name: string): ExportedModel {
  const found = exportedModels().find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no model ${name}`);
  return found;
}

interface Frame {
  readonly type: string;
  readonly items?: ReadonlyArray<{ readonly key: string; readonly score: number }>;
}

/** Sends the rows of a model as events, and compares the scores of the predictions. */
async function scores(t: Test, url: string, topic: string, model: ExportedModel): Promise<void> {
  const names = model.features.map(({ name }) => name.replace('card.', ''));
  const events = model.rows.map((row, i) => ({
    ...Object.fromEntries(names.map((name, column) => [name, row[column]])),
    id: `${model.name}-${i}`,
    at: Date.now() + i,
  }));
  const send = async (): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(events);
    const answer = await fetch(new URL(`v1/topics/${topic}`, url), { method: 'POST', headers, body });
    if (answer.status !== 200) throw new Error(await answer.text());
  };
  const predicted = await new Promise<Map<string, number>>((resolve, reject) => {
    const found = new Map<string, number>();
    const socket = new WebSocket(new URL('ws', url.replace('http', 'ws')));
    socket.addEventListener('error', () => reject(new Error('the socket failed')));
    socket.addEventListener('open', () => socket.send(JSON.stringify({ subscribe: topic })));
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as Frame;
      if (message.type === 'subscribed') send().catch(reject);
      for (const { key, score } of message.items ?? []) found.set(key, score);
      if (found.size < events.length) return;
      socket.close();
      resolve(found);
    });
  });
  const errors = model.expected.map(([score = NaN], i) =>
    Math.abs((predicted.get(`${model.name}-${i}`) ?? NaN) - score),
  );
  t.ok(
    errors.every((error) => error < 1e-5),
    `the largest difference is ${Math.max(...errors)}`,
  );
}

async function imports(t: Test, data: string, servers: Record<string, string>): Promise<void> {
  const name = uniqueName('imported').replaceAll('_', '-');
  const file = writeScoringTopology(folder, name);
  const settings = { ...servers, MILLRACE_DATA: data };
  const first = exported('sklearn-columns');
  const words = ['models', 'import', first.file, '--topology', file, '--task', 'binary', '--features', map];
  const { code, stderr } = await millrace([...words, '--promote'], settings);
  t.equal(code, 0, stderr);
  const engine = await runEngine(['run', file], data, servers);
  try {
    await scores(t, engine.url, name, first);
    const second = exported('sklearn-ordinal');
    const query = new URLSearchParams({ version: 'second', task: 'binary', features: JSON.stringify(MAP) });
    const headers = { 'content-type': 'application/octet-stream' };
    const imported = await fetch(new URL(`api/models?${query.toString()}`, engine.url), {
      method: 'POST',
      headers,
      body: second.bytes,
    });
    t.equal(imported.status, 201);
    t.match(await imported.json(), { version: 'second', order: 'by the map', referenceRows: Number });
    const refused = await fetch(new URL('api/models?version=third', engine.url), {
      method: 'POST',
      headers,
      body: 'none',
    });
    t.equal(refused.status, 409);
    const promoted = await millrace(['models', 'promote', file, 'second'], settings);
    t.match(promoted.stdout, /promoted second\. The partition scores with it\./, promoted.stderr);
    await scores(t, engine.url, name, second);
  } finally {
    await engine.stop();
  }
}

t.test('on the embedded log', (t) => imports(t, join(folder, 'embedded'), {}));

t.test('on Kafka', (t) =>
  imports(t, join(folder, 'kafka'), {
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_REDIS_URL: redisUrl(),
    MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${uniqueName('millrace')}`,
  }),
);
