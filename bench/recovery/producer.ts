// A steady producer of the recovery bench (control path): keys at random, each event with the count that it makes.
import type { RecordEncoder } from '../../src/ports/codec.ts';
import type { EventLog, LogRecord } from '../../src/ports/event-log.ts';
import type { Tick } from '../jobs/standard.ts';
import { keyOf, recoveryTopology, START_MS } from './job.ts';

const TICK_MS = 20;
const EVENTS_A_TICK = 10;

export class SteadyProducer {
  readonly #log: EventLog;
  readonly #encoder: RecordEncoder<Tick>;
  readonly #keys: number;
  readonly #counts = new Map<number, number>();
  #stopping = false;
  #running: Promise<void> = Promise.resolve();
  /** Id of the next event. */
  nextId = 0;

  constructor(log: EventLog, encoder: RecordEncoder<Tick>, keys: number) {
    this.#log = log;
    this.#encoder = encoder;
    this.#keys = keys;
  }

  start(): void {
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const records = Array.from({ length: EVENTS_A_TICK }, () => this.#next());
      await this.#log.publish(recoveryTopology.source.topic, records);
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  #next(): LogRecord {
    const at = Math.floor(Math.random() * this.#keys);
    // Each key is in the store as seen once.
    const quantity = (this.#counts.get(at) ?? 1) + 1;
    this.#counts.set(at, quantity);
    const id = this.nextId++;
    const key = keyOf(at);
    const value = this.#encoder.encode({ id: String(id), key, time: START_MS + id, value: 0, quantity });
    return { key: Buffer.from(key), value, timestampMs: START_MS + id };
  }

  /** Rejects where a publish failed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }
}
