// Follows the erasures of a topology (control path), so that every engine learns of a new one.
import type { Subscription } from 'rxjs';
import { messageOf } from '../../core/errors.ts';
import { RESTART_MS_MAX } from '../../core/limits.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Topology } from '../../topology/define.ts';
import { erasuresTopic } from '../../topology/topics.ts';
import { Erasures, readErasures, type ErasureSource } from './erasures.ts';

export interface FollowedErasuresParts extends ErasureSource {
  readonly log: Pick<EventLog, 'offsets' | 'partitionCounts' | 'read' | 'tail'>;
  readonly telemetry: Pick<Telemetry, 'raise' | 'clear'>;
  /** Called when there is something new. */
  readonly changed: () => void;
}

/** While the log cannot be read, what is known stays. */
export class FollowedErasures extends Erasures {
  readonly #parts: FollowedErasuresParts;
  readonly #topic: string;
  #subscription: Subscription | null = null;
  #retry: NodeJS.Timeout | null = null;
  #isClosed = false;

  private constructor(parts: FollowedErasuresParts) {
    super();
    this.#parts = parts;
    this.#topic = erasuresTopic(parts.topology);
  }

  /** Resolves when every erasure that the topic has now is known. */
  static async open(parts: FollowedErasuresParts): Promise<FollowedErasures> {
    const followed = new FollowedErasures(parts);
    followed.#follow(await readErasures(followed, parts));
    return followed;
  }

  close(): void {
    this.#isClosed = true;
    this.#subscription?.unsubscribe();
    if (this.#retry !== null) clearTimeout(this.#retry);
  }

  #follow(from: number): void {
    const { log, quarantine, telemetry, changed } = this.#parts;
    this.#subscription = log.tail(this.#topic, from).subscribe({
      next: (raw) => {
        this.take(raw, quarantine);
        telemetry.clear('log_unavailable', this.#topic);
        changed();
      },
      error: (error: unknown) => this.#retryLater(error),
    });
  }

  /** Reads the topic again from its start: records may have been compacted meanwhile. */
  async #resume(): Promise<void> {
    try {
      const end = await readErasures(this, this.#parts);
      if (this.#isClosed) return;
      this.#parts.telemetry.clear('log_unavailable', this.#topic);
      this.#follow(end);
      this.#parts.changed();
    } catch (error) {
      if (!this.#isClosed) this.#retryLater(error);
    }
  }

  #retryLater(error: unknown): void {
    this.#parts.telemetry.raise('log_unavailable', this.#topic, messageOf(error));
    this.#retry = setTimeout(() => void this.#resume(), RESTART_MS_MAX).unref();
  }
}

/** Null if the source does not name whose its events are. */
export async function followErasures(
  {
    topology,
    ...parts
  }: Omit<FollowedErasuresParts, 'topology' | 'changed'> & { readonly topology: Topology },
  changed: () => void,
): Promise<FollowedErasures | null> {
  if (topology.source.entity === undefined) return null;
  const { log, quarantine, telemetry } = parts;
  return FollowedErasures.open({ topology: topology.name, log, quarantine, telemetry, changed });
}
