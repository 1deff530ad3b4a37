// The clients that behave: a producer of good events and a subscriber, whatever else happens. What they see is what the
// attack is judged by.
import { setTimeout as sleep } from 'node:timers/promises';
import { FleetClient } from '../../bench/fleet/client.ts';
import { CHAMPION } from '../../bench/fleet/setting.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import type { EventEncoder } from '../../src/ports/format.ts';
import type { PredictionRecord } from '../../src/runtime/records.ts';
import { groupOf, topicsOf } from '../../src/topology/topics.ts';
import { EventProducer } from '../chaos/producer.ts';
import { GroupProgress } from '../chaos/progress.ts';
import { readCommitted } from '../chaos/read-topic.ts';
import type { Findings } from './findings.ts';
import { cardOf, HOLDER } from './canaries.ts';
import type { Stage } from './stage.ts';
import { PARTITIONS } from './topology.ts';

const START_MS = Date.UTC(2024, 0, 1);
const STEP_MS = 1_000;
const CARDS = 50;
const AMOUNTS = 1_000;
/** The feed is behind the topic for a moment. */
const FEED_MS_MAX = 20_000;
const POLL_MS = 50;
const GOOD = 'good-';

class GoodEvents {
  readonly #encoder: EventEncoder;
  made = 0;

  constructor(encoder: EventEncoder) {
    this.#encoder = encoder;
  }

  take(count: number): LogRecord[] {
    return Array.from({ length: count }, () => this.#next(this.made++));
  }

  #next(i: number): LogRecord {
    const at = START_MS + i * STEP_MS;
    const card = cardOf(i % CARDS);
    const event = { id: `${GOOD}${i}`, card, holder: HOLDER, amount: i % AMOUNTS, at };
    return {
      key: Buffer.from(`k${i}`),
      value: this.#encoder.encode(event),
      timestampMs: at,
      partition: i % PARTITIONS,
    };
  }
}

export class Traffic {
  readonly producer: EventProducer;
  readonly progress: GroupProgress;
  readonly subscriber: FleetClient;
  readonly #stage: Stage;
  readonly #events: GoodEvents;
  /** Versions that may score events. */
  readonly champions: Set<string> = new Set([CHAMPION]);
  /** Versions that scored what the subscriber saw. */
  readonly versions: Set<string> = new Set();

  constructor(stage: Stage, eventsPerSecond: number) {
    const { topology, kafka, credentials } = stage;
    const { topic } = topology.source;
    this.#stage = stage;
    this.#events = new GoodEvents(stage.events);
    this.producer = new EventProducer(kafka, topic, PARTITIONS, this.#events, eventsPerSecond);
    this.progress = new GroupProgress(kafka, groupOf(topology.name), topic, PARTITIONS);
    this.subscriber = new FleetClient(topology.name, topic, PARTITIONS, {
      arrived: ({ version }) => void this.versions.add(version),
      credential: credentials.byVisitor.get('subscriber') ?? '',
    });
  }

  async start(): Promise<void> {
    this.subscriber.follow(this.#stage.engine.url);
    const latestMs = performance.now() + FEED_MS_MAX;
    // It gets what is predicted from its subscription on.
    while (this.subscriber.connections === 0) {
      if (performance.now() > latestMs) throw new Error(`no subscription: ${this.subscriber.errors.join()}`);
      await sleep(POLL_MS);
    }
    this.progress.start();
    await this.producer.start();
  }

  /** Ids of predictions that clients may resume after. */
  get firstIds(): readonly string[] {
    const { topic } = this.#stage.topology.source;
    return Array.from({ length: PARTITIONS }, (_, partition) => `${topic}-${partition}-0`);
  }

  /** Stops sending, waits until everything is predicted, and compares with what was sent. */
  async judge(findings: Findings, withinMs: number): Promise<number> {
    await this.producer.stop();
    if ((await this.progress.reach(this.producer.ends, withinMs)) === null)
      findings.add('stuck', `committed ${this.progress.committed.join()} of ${this.producer.ends.join()}`);
    const latestMs = performance.now() + FEED_MS_MAX;
    while (this.subscriber.count < this.#events.made && performance.now() < latestMs) await sleep(POLL_MS);
    await this.close();
    await this.#judgeTopic(findings);
    this.#judgeFeed(findings);
    return this.#events.made;
  }

  async close(): Promise<void> {
    this.subscriber.close();
    await this.progress.stop();
  }

  async #judgeTopic(findings: Findings): Promise<void> {
    const { topology, servers, codec } = this.#stage;
    const { predictions } = topicsOf(topology);
    const { values } = await readCommitted(servers.brokers.split(','), [predictions]);
    const decoder = await codec.decoder<PredictionRecord>(`${predictions}-value`);
    const counts = new Map<string, number>();
    for (const { value } of values.get(predictions) ?? []) {
      // Others write junk to the topic.
      const prediction = await decoder.decode(value).catch(() => null);
      if (prediction === null || !prediction.key.startsWith(GOOD)) continue;
      counts.set(prediction.key, (counts.get(prediction.key) ?? 0) + 1);
      this.versions.add(prediction.version);
    }
    for (let i = 0; i < this.#events.made; i++) {
      const count = counts.get(`${GOOD}${i}`) ?? 0;
      if (count === 0) findings.add('lost', `no prediction of ${GOOD}${i} in the topic`);
      if (count > 1) findings.add('doubled', `${count} predictions of ${GOOD}${i} in the topic`);
    }
    for (const version of this.versions)
      if (!this.champions.has(version)) findings.add('unauthorized', `${version} scored events`);
  }

  #judgeFeed(findings: Findings): void {
    const { count, doubles, changed, errors } = this.subscriber;
    const missing = this.#events.made - count;
    if (missing > 0) findings.add('lost', `the subscriber misses ${missing} of ${this.#events.made}`);
    for (const id of doubles) findings.add('doubled', `${id} came twice to the subscriber`);
    for (const error of errors) findings.add('wrong', `the subscriber received ${error}`);
    for (const id of changed) findings.add('wrong', `${id} came again with another score`);
  }
}
