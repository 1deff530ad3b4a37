// How far a group is behind, asked from outside (control path): offsets committed in Kafka against the topic's ends.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import { nowMicros } from '../latency/clock.ts';

/** A look costs the broker some requests: more of them would be load. */
const POLL_MS = 200;
const MICROS_PER_MS = 1_000;

/**
 * Milliseconds from an event's publication to its commit that are no lag. Under a steady load some events are always
 * between the two: a barrier interval, a commit, a look from outside, and all of it on a machine that others use.
 */
export const COMMIT_MS = 1_000;

export interface LagSample {
  readonly atMicros: number;
  /** Published and not committed. */
  readonly events: number;
  /** Of those, published more than COMMIT_MS ago. */
  readonly overdue: number;
}

interface Ends {
  readonly atMicros: number;
  readonly ends: readonly number[];
}

function behind(ends: readonly number[], committed: readonly number[]): number {
  return ends.reduce((sum, end, partition) => sum + Math.max(0, end - (committed[partition] ?? 0)), 0);
}

export class GroupLag {
  readonly #admin: Admin;
  readonly #groupId: string;
  readonly #topic: string;
  readonly #recent: Ends[] = [];
  readonly samples: LagSample[] = [];
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(kafka: Kafka, groupId: string, topic: string) {
    this.#admin = kafka.admin();
    this.#groupId = groupId;
    this.#topic = topic;
  }

  async start(): Promise<void> {
    await this.#admin.connect();
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#look().catch(() => undefined); // while a group rebalances its coordinator may not answer
      await sleep(POLL_MS);
    }
  }

  async #look(): Promise<void> {
    const ends: number[] = [];
    for (const { partition, high } of await this.#admin.fetchTopicOffsets(this.#topic))
      ends[partition] = Number(high);
    const askedMicros = nowMicros();
    const [group] = await this.#admin.fetchOffsets({ groupId: this.#groupId, topics: [this.#topic] });
    const committed: number[] = [];
    for (const { partition, offset } of group?.partitions ?? [])
      committed[partition] = Math.max(0, Number(offset));
    const atMicros = nowMicros();
    this.#recent.push({ atMicros: askedMicros, ends });
    while ((this.#recent[1]?.atMicros ?? Infinity) <= atMicros - COMMIT_MS * MICROS_PER_MS)
      this.#recent.shift();
    const [due] = this.#recent;
    const isOld = due !== undefined && due.atMicros <= atMicros - COMMIT_MS * MICROS_PER_MS;
    const overdue = isOld ? behind(due.ends, committed) : 0;
    this.samples.push({ atMicros, events: behind(ends, committed), overdue });
  }

  /** The most events behind since an instant. */
  worst(sinceMicros: number): number {
    return this.samples.reduce(
      (worst, { atMicros, events }) => (atMicros < sinceMicros ? worst : Math.max(worst, events)),
      0,
    );
  }

  /**
   * Microseconds from an instant until nothing was overdue any more and stayed so up to another instant: 0 if nothing
   * ever was, null if something still is.
   */
  back(fromMicros: number, untilMicros: number): number | null {
    const within = this.samples.filter(({ atMicros }) => atMicros >= fromMicros && atMicros < untilMicros);
    const last = within.findLastIndex(({ overdue }) => overdue > 0);
    if (last < 0) return 0;
    const next = within[last + 1];
    return next === undefined ? null : next.atMicros - fromMicros;
  }

  /** Resolves with true once everything is committed, with false where that takes longer than `msMax`. */
  async reachZero(msMax: number): Promise<boolean> {
    const untilMs = performance.now() + msMax;
    const sinceMicros = nowMicros();
    while (performance.now() < untilMs) {
      const now = this.samples.at(-1);
      if (now !== undefined && now.atMicros > sinceMicros && now.events === 0) return true;
      await sleep(POLL_MS / 2);
    }
    return false;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    await this.#admin.disconnect().catch(() => undefined);
  }
}
