// The whole way embedded: an event with an array of items over HTTP gives a prediction with features over the items.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { runEngine } from '../support/running-engine.ts';

const TRIES_MAX = 300;
const PAUSE_MS = 100;
t.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'millrace-lists-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const file = join(folder, 'orders.ts');
const out = join(folder, 'out.ndjson');
writeFileSync(
  file,
  `import { count, defineTopology, derive, distinct, double, features, hours, json, list, lists, numeric, score, sliding, source,
  string, sum, timestamp, view } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/index.ts'))};
import { fileSink } from './sink.ts';
const over = sliding(hours(1));
const orders = source('orders', {
  schema: { id: string, user: string, at: timestamp, tags: list(string), 'items[].sku': list(string), 'items[].price': list(double) },
  eventTime: 'at',
  partitions: 1,
  format: json(),
});
export default defineTopology(orders, {
  name: 'orders',
  stages: [
    derive({ total: lists.sum('items[].price') }),
    features({
      fields: { total: numeric('total') },
      views: { user: view(['user'], {
        tags: distinct('tags', { over }),
        spent: sum('items[].price', { over }),
        items: count('items[].sku', { over }),
      }) },
    }),
    score({ key: 'id' }),
  ],
  sinks: [fileSink],
});
`,
);
writeFileSync(
  join(folder, 'sink.ts'),
  `import { appendFileSync } from 'node:fs';
export const fileSink = {
  name: 'file',
  delivery: 'immediate',
  open: () => ({
    bufferedRows: 0,
    predictions(block) {
      for (let i = 0; i < block.count; i += 1) {
        const features = [...block.features.subarray(i * block.width, (i + 1) * block.width)];
        appendFileSync(${JSON.stringify(out)}, JSON.stringify([block.keys[i], ...features]) + '\\n');
      }
    },
    labels() {},
    flush: async () => {},
    close: async () => {},
  }),
};
`,
);

async function predictions(): Promise<unknown[]> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const lines = existsSync(out) ? readFileSync(out, 'utf8').trim().split('\n') : [];
    if (lines.length === 2) return lines.map((line) => JSON.parse(line) as unknown);
    await sleep(PAUSE_MS);
  }
  return [];
}

t.test('an event with items is predicted with features over them', async (t) => {
  const engine = await runEngine(['run', file], join(folder, 'data'));
  const post = async (event: object): Promise<[number, string]> => {
    const response = await fetch(`${engine.url}v1/topics/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    });
    return [response.status, await response.text()];
  };
  const at = new Date().toISOString();
  const event = {
    id: 'a',
    user: 'u',
    at,
    tags: ['x', 'y'],
    items: [
      { sku: 'p', price: 2 },
      { sku: 'q', price: 3 },
    ],
  };
  t.equal((await post(event))[0], 200);
  t.equal((await post({ ...event, id: 'b', tags: ['y', 'z'], items: [{ sku: 'p', price: 5 }] }))[0], 200);
  const [status, answer] = await post({ ...event, tags: ['x', null] });
  t.equal(status, 400);
  t.match(answer, 'item 1: it is null');
  t.same(await predictions(), [
    ['a', 5, 2, 5, 2],
    ['b', 5, 3, 10, 3],
  ]);
  await engine.stop();
});
