// The profile stage on an engine that crashes: what its sink has of each column and period is what a plain count of all events
// gives, and nothing of a sensitive column is shown.
import t from 'tap';
import {
  defineTopology,
  double,
  minutes,
  nullable,
  profile,
  type SinkDefinition,
  source,
  string,
  timestamp,
  type Topology,
  watermarks,
} from '../../src/index.ts';
import type { ColumnProfileRow } from '../../src/core/reports.ts';
import { REGISTERS } from '../../src/stats/hyper-log-log.ts';
import { EmbeddedRun } from '../../src/testing/index.ts';

const START = Date.UTC(2026, 0, 1);
const PERIOD = minutes(1);
const ERROR = 3 * (1.04 / Math.sqrt(REGISTERS));

interface Event {
  readonly id: string;
  readonly card: string;
  readonly amount: number | null;
  readonly at: number;
}

const SECONDS = 1_000;

/** Six a second; an eighth without an amount, some of them late but not too late. */
function eventOf(i: number): Event {
  const back = i % 7 === 0 ? 20 * SECONDS : 0;
  const amount = i % 8 === 0 ? null : ((i * 37) % 501) - 100.5;
  return { id: `id-${i}`, card: `card-${i % 40}`, amount, at: START + Math.floor(i / 6) * SECONDS - back };
}

/** The rows of the history: of each identity the one with the most events, as the tables keep it. */
function collecting(): { readonly sink: SinkDefinition; readonly kept: Map<string, ColumnProfileRow> } {
  const kept = new Map<string, ColumnProfileRow>();
  const sink: SinkDefinition = {
    name: 'profiles',
    delivery: 'after-commit',
    open: () => ({
      predictions: () => undefined,
      labels: () => undefined,
      profiles(rows) {
        for (const row of rows) {
          const id = `${row.partition} ${row.column} ${row.fromMs}`;
          if (row.rows >= (kept.get(id)?.rows ?? 0)) kept.set(id, row);
        }
      },
      flush: async () => undefined,
      bufferedRows: 0,
      close: async () => undefined,
    }),
  };
  return { sink, kept };
}

function topologyOf(sink: SinkDefinition, isSensitive: boolean, oneIn = 1): Topology {
  const schema = { id: string, card: string, amount: nullable(double), at: timestamp };
  const events = isSensitive
    ? source('payments', { schema, eventTime: 'at', sensitive: { card: 'hash' } })
    : source('payments', { schema, eventTime: 'at' });
  return defineTopology(events, {
    name: 'payments',
    stages: [watermarks({ allowedLatenessMs: minutes(1) }), profile({ everyMs: PERIOD, oneIn })],
    sinks: [sink],
  });
}

async function runOf(topology: Topology, events: number, crashes: readonly number[]): Promise<void> {
  const run = await EmbeddedRun.start(topology);
  const ends = [...crashes, events];
  let sent = 0;
  for (const end of ends) {
    await run.send(Array.from({ length: end - sent }, (_, i) => ({ ...eventOf(sent + i) })));
    sent = end;
    if (end < events) {
      await run.committed();
      await run.crash();
      await run.restart();
    }
  }
  await run.checkpointed();
  await run.stop();
}

t.test('rows, nulls and ranges are exact, distinct values near', async (t) => {
  const EVENTS = 3_000;
  const { sink, kept } = collecting();
  await runOf(topologyOf(sink, false), EVENTS, [410, 800, 1_900]);
  const events = Array.from({ length: EVENTS }, (_, i) => eventOf(i));
  const periods = [...new Set([...kept.values()].map(({ fromMs }) => fromMs))].sort((a, b) => a - b);
  t.equal(periods.length, 8, 'those that have ended');
  for (const fromMs of periods) {
    const inside = events.filter(({ at }) => at >= fromMs && at < fromMs + PERIOD);
    const amounts = inside.flatMap(({ amount }) => amount ?? []);
    const row = (column: string): ColumnProfileRow => kept.get(`0 ${column} ${fromMs}`) as ColumnProfileRow;
    t.match(row('amount'), {
      kind: 'number',
      rows: inside.length,
      nulls: inside.length - amounts.length,
      min: Math.min(...amounts),
      max: Math.max(...amounts),
      toMs: fromMs + PERIOD,
    });
    const distinct = new Set(inside.map(({ id }) => id)).size;
    t.ok(
      Math.abs(row('id').distinct - distinct) <= 1 + ERROR * distinct,
      `${row('id').distinct} of ${distinct}`,
    );
    t.match(row('card'), { kind: 'string', rows: inside.length, nulls: 0, min: 6, max: 7 });
    t.ok(row('card').examples.every((text) => /^card-\d+$/.test(text)) && row('card').examples.length === 3);
  }
});

t.test('crashes change nothing', async (t) => {
  const [once, often] = [collecting(), collecting()];
  await runOf(topologyOf(once.sink, false), 1_500, []);
  await runOf(topologyOf(often.sink, false), 1_500, [1, 333, 700, 1_100, 1_499]);
  t.ok(once.kept.size > 0);
  t.strictSame(often.kept, once.kept);
});

t.test('a sensitive column has neither range nor examples', async (t) => {
  const { sink, kept } = collecting();
  await runOf(topologyOf(sink, true), 1_500, [700]);
  const rows = [...kept.values()];
  const cards = rows.filter(({ column }) => column === 'card');
  t.ok(Math.max(...cards.map(({ distinct }) => distinct)) >= 38);
  t.same(
    [...new Set(cards.map(({ min, max, examples }) => `${min} ${max} ${examples.join()}`))],
    ['null null '],
  );
  t.ok(
    rows.some(({ column, examples }) => column === 'amount' && examples.length === 3),
    'others have',
  );
});

t.test('one event in ten, whatever the batches are', async (t) => {
  const runs = await Promise.all(
    [[], [17, 600]].map(async (crashes) => {
      const { sink, kept } = collecting();
      await runOf(topologyOf(sink, false, 10), 1_500, crashes);
      return kept;
    }),
  );
  t.strictSame(runs[1], runs[0]);
  const ids = [...(runs[0]?.values() ?? [])].filter(({ column }) => column === 'id');
  const rows = ids.reduce((sum, row) => sum + row.rows, 0);
  t.ok(rows > 30 && rows < 150, `${rows} of the events of the periods that have ended`);
});

t.test('options are checked', async (t) => {
  t.throws(
    () =>
      defineTopology(source('x', { schema: { at: timestamp }, eventTime: 'at' }), {
        name: 'x',
        stages: [profile({ everyMs: -1 })],
      }),
    {
      code: 'TOPOLOGY_INVALID',
    },
  );
  t.equal(profile({ columns: ['amount'], everyMs: minutes(5) }).summary, 'amount, every 5 min');
});
