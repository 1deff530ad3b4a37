// `millrace start`: a topology over a file of events, and what is wrong with a file.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { openFormat } from '../../../src/app/compose/adapters.ts';
import { loadTopology } from '../../../src/app/compose/load-topology.ts';
import { EventFile } from '../../../src/app/compose/event-file.ts';
import {
  defineTopology,
  double,
  json,
  nullable,
  source,
  string,
  timestamp,
  watermarks,
  type Topology,
} from '../../../src/index.ts';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import { millrace } from '../../support/cli.ts';
import { runEngine } from '../../support/running-engine.ts';

/** Several processes, on a machine that is busy. */
t.setTimeout(180_000);

const TOPOLOGY = 'templates/payments/topologies/payments.ts';
const folder = mkdtempSync(join(tmpdir(), 'millrace-start-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const settings = { MILLRACE_DATA: join(folder, 'data') };

const payment = {
  type: 'payment',
  id: 'p1',
  card: 'a',
  merchant: 'm',
  amount: 12,
  at: '2026-01-05T09:00:00Z',
};
const settled = { ...payment, type: 'settled', disputed: true, at: Date.UTC(2026, 0, 5, 12) };

function eventFile(name: string, lines: readonly unknown[]): string {
  const path = join(folder, name);
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  writeFileSync(path, `${text.join('\n')}\n`);
  return path;
}

function start(events: string, ...options: readonly string[]): ReturnType<typeof millrace> {
  return millrace(['start', TOPOLOGY, '--events', events, '--exit', ...options], settings);
}

t.test('events are scored and labelled, each time from the beginning', async (t) => {
  const other = { ...payment, id: 'p2', card: 'b' };
  const events = eventFile('good.ndjson', [payment, other, '', settled, { ...settled, id: 'p2', card: 'b' }]);
  const report = join(folder, 'report.json');
  for (let i = 0; i < 2; i++) {
    const { code, stdout, stderr } = await start(events, '--report', report);
    t.equal(code, 0, stderr);
    t.match(stdout, /^prediction p[12]: 0\.5000 by the fallback/m);
    t.match(JSON.parse(readFileSync(report, 'utf8')), { events: 4, predictions: 2, labels: { joined: 2 } });
  }
});

async function append(lines: readonly unknown[]): Promise<LogRecord[]> {
  return appendTo(await loadTopology(TOPOLOGY), lines);
}

async function appendTo(topology: Topology, lines: readonly unknown[]): Promise<LogRecord[]> {
  const file = eventFile('lines.ndjson', lines);
  const appended: LogRecord[] = [];
  const log = {
    publish: async (_topic: string, records: readonly LogRecord[]) => void appended.push(...records),
  };
  const schemas = new ProjectSchemas({ registry: { url: null }, schemaFolders: [] });
  await new EventFile({ file, topology, key: undefined, log, format: openFormat(topology, schemas) }).run();
  return appended;
}

t.test('records carry the key and the event time, in the order of the lines', async (t) => {
  const records = await append([payment, ...Array.from({ length: 600 }, () => settled)]);
  t.equal(records.length, 601, 'more than one request of the log takes');
  t.match(records[0], { key: Buffer.from('a'), timestampMs: Date.UTC(2026, 0, 5, 9) });
  t.match(records[600], { key: Buffer.from('a'), timestampMs: Date.UTC(2026, 0, 5, 12) });
});

t.test('columns of nested objects may be written as such', async (t) => {
  const rows = await nestedRows([
    { id: 'a', after: { amount: 1, by: { name: 'x' } }, at: 1 },
    { id: 'b', 'after.amount': 2, at: '1970-01-01T00:00:02Z' },
    { id: 'c', after: null, at: 3 },
    { id: 'd', after: { by: null }, at: 4 },
  ]);
  t.strictSame(rows, [
    '{"id":"a","after":{"amount":1,"by":{"name":"x"}},"at":1}',
    '{"id":"b","after":{"amount":2},"at":2000}',
    '{"id":"c","at":3}',
    '{"id":"d","at":4}',
  ]);
  await t.rejects(nestedRows([{ id: 'a', at: 1, after: { amuont: 1 } }]), {
    message: /there is no column 'after\.amuont'; did you mean 'after\.amount'/,
  });
  await t.rejects(nestedRows([{ id: 'a', at: 1, after: [1] }]), { message: /there is no column 'after'/ });
});

/** The values of the records that a JSON source's events become. */
async function nestedRows(lines: readonly unknown[]): Promise<string[]> {
  const schema = {
    id: string,
    'after.amount': nullable(double),
    'after.by.name': nullable(string),
    at: timestamp,
  };
  const changes = source('changes', { schema, eventTime: 'at', format: json() });
  const topology = defineTopology(changes, { name: 'changes', stages: [watermarks()] });
  return (await appendTo(topology, lines)).map(({ value }) => String(value));
}

t.test('a line that is no event is named, and so is what is wrong with it', async (t) => {
  const cases: ReadonlyArray<readonly [unknown, RegExp]> = [
    ['not JSON', /JSON/],
    [[1], /no JSON object/],
    [{ ...payment, amount: 'much' }, /field amount/],
    [{ ...payment, at: 'yesterday' }, /at is no instant: yesterday/],
    [{ ...payment, amout: 1 }, /there is no column 'amout'; did you mean 'amount'/],
  ];
  for (const [line, message] of cases) {
    await t.rejects(append([payment, line]), { code: 'DATA_INVALID', where: /lines\.ndjson:2$/, message });
  }
});

t.test('the file must be given and be there', async (t) => {
  const absent = await millrace(['start', TOPOLOGY], settings);
  t.equal(absent.code, 1);
  t.match(absent.stderr, 'CONFIG_INVALID: --events: not given');
  const missing = await start(join(folder, 'missing.ndjson'));
  t.equal(missing.code, 1);
  t.match(missing.stderr, /DATA_INVALID: the file of events cannot be read.*missing\.ndjson/);
  const opened = await start(folder);
  t.equal(opened.code, 1);
  t.match(opened.stderr, 'DATA_INVALID: the file of events cannot be read', 'a folder opens like a file');
});

t.test('when the file has been replayed, events that are sent are predicted', async (t) => {
  const events = eventFile('replayed.ndjson', [payment, settled]);
  const engine = await runEngine(['start', TOPOLOGY, '--events', events], join(folder, 'open'));
  t.teardown(() => engine.stop());
  const at = new Date().toISOString();
  const send = async (): Promise<number> => {
    const body = JSON.stringify({ ...payment, id: 'p2', at });
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'p2' };
    const { status } = await fetch(`${engine.url}v1/topics/payments`, { method: 'POST', headers, body });
    return status;
  };
  for (const untilMs = performance.now() + 60_000; (await send()) !== 200; await sleep(50))
    if (performance.now() > untilMs) return t.fail('not taken');
  let predictions = 0;
  for (const untilMs = performance.now() + 60_000; predictions < 2; await sleep(50)) {
    if (performance.now() > untilMs) break;
    const state = (await (await fetch(`${engine.url}api/state`)).json()) as {
      totals: { predictions: number };
    };
    ({ predictions } = state.totals);
  }
  t.equal(predictions, 2);
});
