// The idempotency keys of a topology (control path): the record of a key is in the transaction of its rows, so a key is known
// exactly if its rows are in the log. A process reads those of others when it needs to know.
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../core/errors.ts';
import { INGEST_KEY_MS, INGEST_KEYS_MAX, INGEST_SETTLE_MS_MAX } from '../../core/port-limits.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { TopicSpec } from '../../ports/event-log.ts';
import { decodeKeyRecord, type KeyRecord } from './key-record.ts';

/** A key is a transaction, whose marker has an offset as well; some are aborted. */
const OFFSETS_A_KEY_MAX = 4;

/** Between two looks at a transaction that is open. */
const POLL_MS = 5;

export interface KnownKeysParts {
  readonly log: EventLog;
  /** Created if it does not exist. */
  readonly spec: TopicSpec;
  readonly quarantine: Quarantine;
  /** Wall clock, ms. */
  readonly nowMs: () => number;
}

export class KnownKeys {
  readonly #parts: KnownKeysParts;
  /** The newest INGEST_KEYS_MAX, oldest first. */
  readonly #keys = new Map<string, KeyRecord>();
  #position: number | null = null;
  /** Begins after the current one: a request needs to know what was written before it came. */
  #next: Promise<void> | null = null;
  #current: Promise<void> = Promise.resolve();

  constructor(parts: KnownKeysParts) {
    this.#parts = parts;
  }

  get topic(): string {
    return this.#parts.spec.topic;
  }

  get(key: string): KeyRecord | undefined {
    return this.#keys.get(key);
  }

  /** A key that this process has written: with the offsets, which its record in the log lacks. */
  set(key: string, record: KeyRecord): void {
    this.#keys.delete(key);
    this.#keys.set(key, record);
    if (this.#keys.size <= INGEST_KEYS_MAX) return;
    for (const oldest of this.#keys.keys()) {
      this.#keys.delete(oldest);
      return;
    }
  }

  /**
   * Resolves when everything is known that was written before this call, by whichever process. One look serves all that wait
   * for the next.
   * @throws LOG_UNAVAILABLE if a transaction of another process does not end
   */
  settled(): Promise<void> {
    if (this.#next !== null) return this.#next;
    const next = this.#current
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        this.#current = next;
        return this.#look();
      });
    this.#next = next;
    return next;
  }

  async #look(): Promise<void> {
    const { log, spec } = this.#parts;
    if (this.#position === null) await log.ensureTopics([spec]);
    const end = await this.#settledEnd();
    const [{ low } = { low: 0 }] = await log.offsets(spec.topic);
    const from = Math.max(low, this.#position ?? (await this.#firstKept(end)));
    for await (const { keys, values, offsets } of log.read(spec.topic, 0, from, end)) {
      for (let row = 0; row < keys.length; row += 1)
        this.#take(keys.at(row), values.at(row), offsets[row] ?? -1);
    }
    this.#position = end;
  }

  /** The first offset that may have one of the keys that are kept: retention may be far behind them. */
  async #firstKept(end: number): Promise<number> {
    const { log, spec, nowMs } = this.#parts;
    const ofTime = await log.offsetForTime({ topic: spec.topic, partition: 0 }, nowMs() - INGEST_KEY_MS);
    return Math.max(ofTime, end - OFFSETS_A_KEY_MAX * INGEST_KEYS_MAX);
  }

  /** The end of the topic as of now, once no transaction is open before it. */
  async #settledEnd(): Promise<number> {
    const { log, spec } = this.#parts;
    const untilMs = performance.now() + INGEST_SETTLE_MS_MAX;
    let target: number | null = null;
    while (true) {
      const [{ readable, end } = { readable: 0, end: 0 }] = await log.ends(spec.topic);
      target ??= end;
      if (readable >= target) return target;
      if (performance.now() > untilMs)
        throw new MillraceError('LOG_UNAVAILABLE', 'a transaction of another process does not end', {
          where: spec.topic,
          remedy: 'Send the request again.',
        });
      await sleep(POLL_MS);
    }
  }

  #take(key: Buffer | null, value: Buffer | null, offset: number): void {
    if (key === null || value === null) return;
    const name = key.toString('utf8');
    const record = decodeKeyRecord(name, value);
    if ('reason' in record)
      this.#parts.quarantine.add({ ...record, topic: this.topic, partition: 0, offset, value });
    // What this process wrote itself has the offsets.
    else if (this.#keys.get(name)?.digest !== record.digest) this.set(name, record);
  }
}
