// The events, topologies and stores of the tests of `millrace erase`: two entities, and a twin of the topology that is left
// undisturbed, on real Kafka, Redis and ClickHouse.
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import type { Test } from 'tap';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { KeyedHash } from '../../src/runtime/personal/keyed-hash.ts';
import { millrace } from '../support/cli.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';
import type { RunningEngine } from '../support/running-engine.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

export const ANN = '4111-ANN';
export const BOB = '4222-BOB';
const START = Date.UTC(2026, 0, 1);

const DEDUPE = "m.dedupe({ by: ['id'], withinMs: m.hours(1) }),";

interface ErasureOptions {
  /** The first part of the topology's name. */
  readonly prefix: string;
  /** More options of the source, with a comma behind each. */
  readonly source?: string;
  /** The features of a shop. */
  readonly shop: string;
  /** More options of the labels stage. */
  readonly labels?: string;
  /** Which events are scored, with a comma behind it. */
  readonly when?: string;
  /** The stage that drops duplicates, with a comma behind it. */
  readonly dedupe?: string;
}

interface Scored {
  readonly key: string;
  readonly features: readonly number[];
}

export class ErasureWorld {
  readonly name: string;
  readonly twin: string;
  readonly folder: string;
  readonly data: string;
  readonly log: KafkaEventLog;
  readonly encryptionKey: string = randomBytes(32).toString('base64');
  readonly settings: Record<string, string>;
  readonly file: string;
  readonly twinFile: string;
  /** What leads to an entity. */
  readonly ofAnn: RegExp;
  readonly ofBob: RegExp;
  /** Everything that was produced for the topology. */
  readonly produced: string[] = [];
  readonly #hashKey = randomBytes(32);
  readonly #redis = new Redis(redisUrl());
  readonly #clickhouse = createClient({ url: clickhouseUrl() });
  #minute = 0;

  constructor(t: Pick<Test, 'teardown'>, options: ErasureOptions) {
    this.name = uniqueName(options.prefix).replaceAll('_', '-');
    this.twin = `${this.name}-twin`;
    this.folder = mkdtempSync(join(tmpdir(), 'millrace-erase-'));
    this.data = join(this.folder, 'data');
    this.log = new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, quietTelemetry());
    this.settings = {
      MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
      MILLRACE_REDIS_URL: redisUrl(),
      MILLRACE_CLICKHOUSE_URL: clickhouseUrl(),
      MILLRACE_DATA: this.data,
      MILLRACE_PORT: '0',
      MILLRACE_HASH_KEY: this.#hashKey.toString('base64'),
      MILLRACE_ENCRYPTION_KEY: this.encryptionKey,
    };
    this.file = this.#topologyFile(this.name, options);
    this.twinFile = this.#topologyFile(this.twin, options);
    [this.ofAnn, this.ofBob] = [
      new RegExp(`ANN|${this.#hashOf(ANN)}`),
      new RegExp(`BOB|${this.#hashOf(BOB)}`),
    ];
    t.teardown(async () => {
      await this.log.close();
      await this.#redis.quit();
      await this.#clickhouse.close();
      rmSync(this.folder, { recursive: true });
    });
  }

  #hashOf(card: string): string {
    return createHmac('sha256', this.#hashKey).update(card).digest('base64url');
  }

  #topologyFile(
    topology: string,
    { source = '', shop, labels = '', dedupe = DEDUPE, when = '' }: ErasureOptions,
  ): string {
    const file = join(this.folder, `${topology}.ts`);
    writeFileSync(
      file,
      `import * as m from '${resolve(import.meta.dirname, '../../src/index.ts')}';
const { string, nullable, double, timestamp } = m;
export default m.defineTopology(
  m.source('${topology}', {
    schema: { id: string, card: string, shop: string, email: string, amount: double, fraud: nullable(double), at: timestamp },
    eventTime: 'at', partitions: 2, archive: true, ${source}
    sensitive: { card: 'hash', email: 'encrypt' }, entity: 'card',
  }),
  { name: '${topology}', stages: [
    m.contract([m.range('amount', 0, 100)]),
    ${dedupe}
    m.watermarks({ allowedLatenessMs: m.minutes(1) }),
    m.features({ ${when} fields: { amount: m.numeric('amount') }, views: {
      card: m.view(['card'], { sum: m.sum('amount', { over: m.sliding(m.hours(5)) }) }),
      pair: m.view(['card', 'shop'], { n: m.count({ over: m.sliding(m.hours(5)) }) }),
      shop: m.view(['shop'], { ${shop} }),
    } }),
    m.score({ key: 'id', fallback: 0.5 }),
    m.labels({ key: 'id', when: { shop: 'LABEL' }, task: m.binary({ column: 'fraud', positive: m.atLeast(1) }), timeoutMs: m.hours(5), ${labels} }),
  ] },
);
`,
    );
    return file;
  }

  /** The next event, a minute after the one before, as JSON. */
  event(card: string, more: object = {}): string {
    const i = this.#minute++;
    const usual = {
      id: `${card}-${i}`,
      card,
      shop: `shop-${i % 2}`,
      email: `${card}@example.com`,
      amount: i + 0.1,
    };
    return JSON.stringify({ ...usual, fraud: null, at: START + i * 60_000, ...more });
  }

  /** Six events to score, two dead letters, and a label of the third one. */
  eventsOfBoth(): string[] {
    return [
      ...[ANN, BOB, ANN, BOB, ANN, BOB].map((card) => this.event(card)),
      this.event(ANN, { amount: 999 }),
      this.event(BOB, { amount: 999 }),
      this.event(ANN, { id: `${ANN}-0`, shop: 'LABEL', fraud: 1 }).replace(`${ANN}-0`, `${ANN}-2`),
    ];
  }

  async produce(lines: readonly string[], to: string = this.file): Promise<void> {
    if (to === this.file) this.produced.push(...lines);
    const events = join(this.folder, 'events.jsonl');
    writeFileSync(events, lines.map((line) => `${line}\n`).join(''));
    await this.command(['produce', to, '--events', events]);
  }

  /** @returns what it prints */
  async command(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await millrace(args, this.settings);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }

  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 300; i++) {
      if (await isSo()) return;
      await new Promise((next) => setTimeout(next, 100));
    }
    throw new Error(`${what}: not within 30 s`);
  }

  async #rows<T>(query: string): Promise<T[]> {
    const answer = await this.#clickhouse.query({ query, format: 'JSONEachRow' });
    return answer.json<T>();
  }

  scored(topology: string, card: string): Promise<Scored[]> {
    return this.#rows(
      `SELECT key, features FROM feature_log WHERE topology = '${topology}' AND key LIKE '${card}%' ORDER BY event_time`,
    );
  }

  /** Every label of a prediction, in the order in which they were known. */
  labelled(topology: string): Promise<Array<{ readonly key: string; readonly label: number | null }>> {
    return this.#rows(
      `SELECT p.key AS key, l.label AS label, l.revision AS revision FROM labels AS l
        LEFT JOIN predictions AS p ON p.topology = l.topology AND p.partition = l.partition AND p.offset = l.prediction_offset
        WHERE l.topology = '${topology}' ORDER BY key, revision`,
    );
  }

  /** Of the topology and its parts, without the twin. */
  async *#stateKeys(): AsyncGenerator<string> {
    for await (const found of this.#redis.scanStream({ match: `mr:{${this.name}*` }))
      yield* (found as string[]).filter((key) => !key.startsWith(`mr:{${this.twin}`));
  }

  async stateText(): Promise<string> {
    const stored: string[] = [];
    for await (const key of this.#stateKeys()) {
      stored.push(key);
      if ((await this.#redis.type(key)) !== 'hash')
        stored.push((await this.#redis.zrange(key, 0, '-1')).join('\n'));
      else
        for (const [field, value] of Object.entries(await this.#redis.hgetallBuffer(key)))
          stored.push(field, value.toString('latin1'));
    }
    return stored.join('\n');
  }

  async loseState(): Promise<void> {
    for await (const key of this.#stateKeys()) await this.#redis.del(key);
  }

  async historyText(): Promise<string> {
    const tables = ['feature_log', 'predictions', 'labels', 'events'];
    const found = await Promise.all(
      tables.map((table) => this.#rows(`SELECT * FROM ${table} WHERE topology = '${this.name}'`)),
    );
    return JSON.stringify(found);
  }

  /** The status of a request for the features of a card. */
  async served({ url }: Pick<RunningEngine, 'url'>, card: string): Promise<number> {
    const key = encodeURIComponent(`card=${new KeyedHash(this.#hashKey).of(card)}`);
    return (await fetch(`${url}api/features/${this.name}/${key}`)).status;
  }
}
