// What a second entity costs (control path): `millrace run` over the same events, with eight features of their own key, and
// with four of it and four of another one.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import { Random } from '../../src/stats/random.ts';
import { environmentWith } from '../../tools/environment.ts';
import { openBenchTelemetry } from '../engine/open.ts';
import { shown, spreadOf, table } from '../figures.ts';
import type { Services } from '../services.ts';
import type { BenchOptions, SuiteResult } from '../suite.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EVENTS = 400_000;
const ROUNDS = 3;
const CARDS = 5_000;
const MERCHANTS = 500;
const START_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 10;
/** Records of one call of publish. */
const PUBLISH_ROWS = 10_000;

/** The same whatever came before: each round is of new events. */
function* payments(count: number, round: number): Generator<LogRecord> {
  const random = new Random(round);
  for (let i = 0; i < count; i++) {
    const card = `card-${random.nextInt(CARDS)}`;
    const at = START_MS + (round * count + i) * STEP_MS;
    const merchant = `merchant-${random.nextInt(MERCHANTS)}`;
    const event = { id: `${round}-${i}`, card, merchant, amount: 100 * random.nextDouble(), at };
    yield { key: Buffer.from(card), value: Buffer.from(JSON.stringify(event)), timestampMs: at };
  }
}

class Runs {
  readonly #environment: Readonly<Record<string, string>>;

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
  }

  /** CPU of the process and its children until it has caught up, µs. */
  async cpuMicros(entities: 1 | 2, data: string): Promise<number> {
    const command = `TIMEFORMAT='%U %S'; time node src/app/main.ts run bench/entities/topology.ts --until-caught-up --port 0`;
    const env = environmentWith({
      ...this.#environment,
      MILLRACE_DATA: data,
      BENCH_ENTITIES: String(entities),
    });
    const child = spawn('bash', ['-c', command], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more));
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`the run of ${entities} entities failed:\n${text}`);
    const [user = Number.NaN, system = Number.NaN] = (text.trim().split('\n').at(-1) ?? '')
      .split(' ')
      .map(Number);
    return 1e6 * (user + system);
  }
}

export async function entities(options: BenchOptions, services: Services): Promise<SuiteResult> {
  const { brokers, redisUrl } = await services.servers();
  const count = options.events ?? EVENTS;
  const log = new KafkaEventLog({ brokers }, await openBenchTelemetry());
  const data = mkdtempSync(join(tmpdir(), 'millrace-entities-'));
  const runs = new Runs({ MILLRACE_KAFKA_BROKERS: brokers.join(','), MILLRACE_REDIS_URL: redisUrl });
  try {
    await log.ensureTopics([{ topic: 'payments', partitions: 4, compacted: false, retentionMs: -1 }]);
    const rounds: Array<readonly [number, number]> = [];
    for (let round = 0; round < ROUNDS; round++) {
      // What a start and a stop take.
      const idle = [await runs.cpuMicros(1, data), await runs.cpuMicros(2, data)] as const;
      const records = [...payments(count, round)];
      for (let from = 0; from < count; from += PUBLISH_ROWS)
        await log.publish('payments', records.slice(from, from + PUBLISH_ROWS));
      const one = ((await runs.cpuMicros(1, data)) - idle[0]) / count;
      const two = ((await runs.cpuMicros(2, data)) - idle[1]) / count;
      rounds.push([one, two]);
    }
    return resultOf(rounds);
  } finally {
    await log.close();
    rmSync(data, { recursive: true, force: true, maxRetries: 10 });
  }
}

function resultOf(rounds: ReadonlyArray<readonly [one: number, two: number]>): SuiteResult {
  const one = spreadOf(rounds.map(([micros]) => micros));
  const two = spreadOf(rounds.map(([, micros]) => micros));
  const ratio = spreadOf(rounds.map(([first, second]) => second / first));
  const rows = [
    ['8 features of one entity', shown(one.median), '1 x'],
    ['4 of it and 4 of a second one', shown(two.median), `${ratio.median.toFixed(2)} x`],
  ];
  const head = ['', 'CPU µs an event', 'by one entity'];
  return { figures: rounds, text: table(head, rows) };
}
