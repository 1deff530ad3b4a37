// The producer of a chaos run and of an attack: a plain client that sends its events at a rate, each until it is acknowledged, whatever
// happens to the broker. Where an acknowledgement is lost an event may stand in the topic twice: the topic is the truth.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, Producer } from 'kafkajs';
import type { LogRecord } from '../../src/ports/event-log.ts';

/** Endless events. */
interface Events {
  take(count: number): readonly LogRecord[];
  /** The last ones of all. */
  close?(): readonly LogRecord[];
}

const TICK_MS = 50;
const RETRY_MS = 200;

export class EventProducer {
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #events: Events;
  readonly #perTick: number;
  /** By partition: the offset after the last acknowledged event. */
  readonly ends: number[];
  sent = 0;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(kafka: Kafka, topic: string, partitions: number, events: Events, eventsPerSecond: number) {
    this.#producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    this.#topic = topic;
    this.#events = events;
    this.#perTick = Math.max(1, Math.round((eventsPerSecond * TICK_MS) / 1_000));
    this.ends = Array.from({ length: partitions }, () => 0);
  }

  async start(): Promise<void> {
    await this.#producer.connect();
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const dueMs = performance.now() + TICK_MS;
      await this.#send(this.#events.take(this.#perTick));
      await sleep(Math.max(0, dueMs - performance.now()));
    }
  }

  async #send(records: readonly LogRecord[]): Promise<void> {
    const messages = records.map(({ key, value, timestampMs, partition }) => ({
      key,
      value,
      timestamp: String(timestampMs),
      partition: partition ?? 0,
    }));
    for (;;) {
      try {
        const acks = await this.#producer.send({ topic: this.#topic, messages });
        this.sent += records.length;
        for (const { partition, baseOffset } of acks) {
          const own = messages.filter((message) => message.partition === partition).length;
          this.ends[partition] = Math.max(this.ends[partition] ?? 0, Number(baseOffset) + own);
        }
        return;
      } catch {
        // The broker is away; it comes back.
        await sleep(RETRY_MS);
        await this.#producer.connect().catch(() => undefined);
      }
    }
  }

  /** The last event has been acknowledged when it resolves. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    const last = this.#events.close?.() ?? [];
    if (last.length > 0) await this.#send(last);
    await this.#producer.disconnect();
  }
}
