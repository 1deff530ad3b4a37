// How far the group has come, asked from outside: offsets committed in Kafka against events acknowledged.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';

const POLL_MS = 100;

export class GroupProgress {
  readonly #admin: Admin;
  readonly #groupId: string;
  readonly #topic: string;
  /** G by partition. */
  committed: number[];
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(kafka: Kafka, groupId: string, topic: string, partitions: number) {
    this.#admin = kafka.admin();
    this.#groupId = groupId;
    this.#topic = topic;
    this.committed = Array.from({ length: partitions }, () => 0);
  }

  start(): void {
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    let isConnected = false;
    while (!this.#isStopped) {
      try {
        if (!isConnected) await this.#admin.connect();
        isConnected = true;
        await this.#ask();
      } catch {
        isConnected = false; // the broker is away
      }
      await sleep(POLL_MS);
    }
  }

  async #ask(): Promise<void> {
    const [group] = await this.#admin.fetchOffsets({ groupId: this.#groupId, topics: [this.#topic] });
    for (const { partition, offset } of group?.partitions ?? []) {
      // A broker that is just back may not know it yet: -1.
      this.committed[partition] = Math.max(0, Number(offset));
    }
  }

  hasReached(ends: readonly number[]): boolean {
    return ends.every((end, partition) => (this.committed[partition] as number) >= end);
  }

  /** Milliseconds until everything below `ends` is committed; null where that takes longer than `withinMs`. */
  async reach(ends: readonly number[], withinMs: number): Promise<number | null> {
    const startedMs = performance.now();
    while (!this.hasReached(ends)) {
      if (performance.now() - startedMs > withinMs) return null;
      await sleep(POLL_MS / 2);
    }
    return performance.now() - startedMs;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    await this.#admin.disconnect().catch(() => undefined);
  }
}
