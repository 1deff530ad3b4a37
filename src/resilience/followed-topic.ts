// Follows a compacted topic of one partition (control path): all that it has, then what comes. While the log cannot be
// read, what is known stays.
import type { Subscription } from 'rxjs';
import type { RawBatch } from '../core/batch.ts';
import { messageOf } from '../core/errors.ts';
import { RESTART_MS_MAX } from '../core/task-limits.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { rangesOf } from './topic-ranges.ts';

/** Takes what a topic has now, which is nothing if it does not exist; returns the end of it. */
export async function readTopic(
  log: Pick<EventLog, 'offsets' | 'partitionCounts' | 'read'>,
  topic: string,
  take: (raw: RawBatch) => void,
): Promise<number> {
  const [range] = await rangesOf(log, topic);
  if (range === undefined) return 0;
  for await (const raw of log.read(topic, 0, range.low, range.high)) take(raw);
  return range.high;
}

export interface FollowedTopicParts {
  readonly topic: string;
  readonly log: Pick<EventLog, 'offsets' | 'partitionCounts' | 'read' | 'tail'>;
  readonly telemetry: Pick<Telemetry, 'raise' | 'clear'>;
  /** Takes records, some of them again. It must not throw. */
  readonly take: (raw: RawBatch) => void;
  /** Called when more has been taken than the topic had at first. */
  readonly changed?: () => void;
}

export class FollowedTopic {
  readonly #parts: FollowedTopicParts;
  #subscription: Subscription | null = null;
  #retry: NodeJS.Timeout | null = null;
  #isClosed = false;

  private constructor(parts: FollowedTopicParts) {
    this.#parts = parts;
  }

  /** Resolves when everything that the topic has now is taken. */
  static async open(parts: FollowedTopicParts): Promise<FollowedTopic> {
    const followed = new FollowedTopic(parts);
    followed.#follow(await readTopic(parts.log, parts.topic, parts.take));
    return followed;
  }

  close(): void {
    this.#isClosed = true;
    this.#subscription?.unsubscribe();
    if (this.#retry !== null) clearTimeout(this.#retry);
  }

  #follow(from: number): void {
    const { log, topic, telemetry, take, changed } = this.#parts;
    this.#subscription = log.tail(topic, from).subscribe({
      next: (raw) => {
        take(raw);
        telemetry.clear('log_unavailable', topic);
        changed?.();
      },
      error: (error: unknown) => this.#retryLater(error),
    });
  }

  /** Reads the topic again from its start: records may have been compacted meanwhile. */
  async #resume(): Promise<void> {
    const { log, topic, telemetry, take, changed } = this.#parts;
    try {
      const end = await readTopic(log, topic, take);
      if (this.#isClosed) return;
      telemetry.clear('log_unavailable', topic);
      this.#follow(end);
      changed?.();
    } catch (error) {
      if (!this.#isClosed) this.#retryLater(error);
    }
  }

  #retryLater(error: unknown): void {
    this.#parts.telemetry.raise('log_unavailable', this.#parts.topic, messageOf(error));
    this.#retry = setTimeout(() => void this.#resume(), RESTART_MS_MAX).unref();
  }
}
