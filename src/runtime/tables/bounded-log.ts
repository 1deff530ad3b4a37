// The log as the table of a topic asks it (control path): a request may be retried for as long as a topic is missing, and the
// table must learn that it is.
import type { RawBatch } from '../../core/batch.ts';
import { MillraceError } from '../../core/errors.ts';
import { TABLE_REQUEST_MS } from '../../core/table-limits.ts';
import type { EventLog, LogEnd } from '../../ports/event-log.ts';
import { within } from '../../resilience/within.ts';

export type TableLog = Pick<EventLog, 'ends' | 'offsets' | 'partitionCounts' | 'read' | 'topicId'>;

/** Of one topic. What takes too long throws TABLE_UNAVAILABLE. */
export class BoundedLog {
  readonly #log: TableLog;
  readonly #topic: string;
  /** A request that took too long, until it ends: there is one of them at most. */
  #hanging: Promise<unknown> | null = null;

  constructor(log: TableLog, topic: string) {
    this.#log = log;
    this.#topic = topic;
  }

  async exists(): Promise<boolean> {
    return (await this.#ask(() => this.#log.partitionCounts([this.#topic]))).has(this.#topic);
  }

  topicId(): Promise<string | null> {
    return this.#ask(() => this.#log.topicId(this.#topic));
  }

  ends(): Promise<readonly LogEnd[]> {
    return this.#ask(() => this.#log.ends(this.#topic));
  }

  /** The first offset of each partition. */
  async starts(): Promise<number[]> {
    return (await this.#ask(() => this.#log.offsets(this.#topic))).map(({ low }) => low);
  }

  async *read(partition: number, from: number, to: number): AsyncGenerator<RawBatch> {
    const batches = this.#log.read(this.#topic, partition, from, to)[Symbol.asyncIterator]();
    let isLate = false;
    const late = (): Error => {
      isLate = true;
      return this.#late();
    };
    try {
      for (;;) {
        const next = await within(TABLE_REQUEST_MS, batches.next(), late);
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      // A generator that waits cannot be ended before it has what it waits for.
      const ended = batches.return?.();
      if (isLate) ended?.catch(() => undefined);
      else await ended;
    }
  }

  async #ask<T>(request: () => Promise<T>): Promise<T> {
    if (this.#hanging !== null) await within(TABLE_REQUEST_MS, this.#hanging, () => this.#late());
    const answer = request();
    return within(TABLE_REQUEST_MS, answer, () => {
      this.#hanging = answer
        .catch(() => undefined)
        .finally(() => {
          this.#hanging = null;
        });
      return this.#late();
    });
  }

  #late(): MillraceError {
    return new MillraceError('TABLE_UNAVAILABLE', `the log does not answer within ${TABLE_REQUEST_MS} ms`, {
      where: `topic ${this.#topic}`,
    });
  }
}
