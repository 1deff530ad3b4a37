// Back-pressure of the door: the log stops while senders come with more than the port has memory for, and then answers with
// failures whose outcome is not known. Senders repeat with their key what was refused, not answered, or timed out.
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { MillraceError } from '../../../src/core/errors.ts';
import { HTTP_BODIES_BYTES_MAX } from '../../../src/core/port-limits.ts';
import { openExampleServing } from '../../support/example-serving.ts';
import { idsIn, openDoor, openEmbeddedLog } from '../../support/ingest-door.ts';

const SENDERS = 24;
const ROWS = 8;
/** All bodies together are half as much again as the port has memory for. */
const ROW_CHARS = Math.ceil((1.5 * HTTP_BODIES_BYTES_MAX) / SENDERS / ROWS);
const PAUSE_MS = 100;
const TRIES_MAX = 600;
/** So long do the first attempts of some senders wait. */
const IMPATIENT_MS = 500;
t.setTimeout(120_000);

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

const NO_ANSWER: Answer = { status: 0, retryAfter: null, text: '' };

t.test('senders that repeat what was not taken lose and double nothing', async (t) => {
  const log = await openEmbeddedLog(t);
  const { promise: stopped, resolve: recover } = Promise.withResolvers<void>();
  let commits = 0;
  const { ingest } = openDoor(log, (inner) => ({
    append: (topic, records) => inner.append(topic, records),
    recordBytesMax: (topic) => inner.recordBytesMax(topic),
    close: () => inner.close(),
    async commitRecords() {
      await stopped;
      commits += 1;
      if (commits % 3 === 1) throw new MillraceError('LOG_UNAVAILABLE', 'the connection broke before');
      const runs = await inner.commitRecords();
      if (commits % 3 === 2) throw new MillraceError('LOG_UNAVAILABLE', 'the connection broke behind');
      return runs;
    },
  }));
  const { serving } = await openExampleServing({ state: () => t.fail('not asked for') as never, ingest });
  t.teardown(() => serving.close(100));
  const counts = new Map<number, number>();

  const post = async (i: number, body: string, ms: number): Promise<Answer> => {
    const url = `http://127.0.0.1:${serving.port}/v1/topics/payments?partial=${i % 2 === 1}`;
    const headers = { 'content-type': 'application/json', 'idempotency-key': `k${i}` };
    try {
      const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(ms) });
      const text = await response.text();
      return { status: response.status, retryAfter: response.headers.get('retry-after'), text };
    } catch {
      return NO_ANSWER;
    }
  };
  /** Every other sender has a bad row among its rows, and has the good ones accepted. */
  const send = async (i: number): Promise<void> => {
    const rows: unknown[] = Array.from({ length: ROWS }, (_, row) => ({
      id: `${i}.${row} `.padEnd(ROW_CHARS, 'x'),
      amount: 1,
      at: 0,
    }));
    if (i % 2 === 1) rows.splice(5, 0, { id: 7 });
    const body = JSON.stringify(rows);
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const answer = await post(i, body, i % 5 === 0 && tries < 2 ? IMPATIENT_MS : 60_000);
      const { status, retryAfter, text } = answer;
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (status === 200 || status === 207) {
        t.equal(status, i % 2 === 1 ? 207 : 200);
        t.equal((JSON.parse(text) as { readonly accepted: number }).accepted, ROWS);
        return;
      }
      if (![0, 429, 503].includes(status)) throw new Error(`answered ${status}: ${text}`);
      if (status !== 0) t.equal(retryAfter, '1', `${status}`);
      await sleep(PAUSE_MS);
    }
    throw new Error(`sender ${i} got no answer`);
  };
  const sending = Promise.all(Array.from({ length: SENDERS }, (_, i) => send(i)));
  while ((counts.get(429) ?? 0) < SENDERS / 4) await sleep(PAUSE_MS);
  t.strictSame((await idsIn(log)).flat(), []);
  recover();
  await sending;
  t.ok((counts.get(0) ?? 0) > 0 && (counts.get(503) ?? 0) > 0, JSON.stringify([...counts]));
  const found = (await idsIn(log)).flat().map((id) => id.slice(0, id.indexOf(' ')));
  const expected = Array.from({ length: SENDERS * ROWS }, (_, n) => `${Math.floor(n / ROWS)}.${n % ROWS}`);
  t.strictSame(found.toSorted(), expected.toSorted());
  for (const i of [0, 1]) t.match(await post(i, '{}', 10_000), { status: 422 }, 'the keys are known');
});
