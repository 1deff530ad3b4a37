// One subscription of one WebSocket client (hot path in `offer`).
import { RESUME_BUFFER_BYTES_MAX, RESUME_STALL_MS_MAX } from '../../core/port-limits.ts';
import type { ServerSocket } from '../../ports/web-server.ts';
import type { PredictionRows } from './frames.ts';
import { closeSlow, sendBounded } from './bounded-send.ts';
import type { SubscribeMessage } from './protocol.ts';

/** How often the buffer of a client that catches up is polled while it is full, ms. */
const DRAIN_POLL_MS = 10;

export class Subscriber {
  readonly socket: ServerSocket;
  readonly wants: SubscribeMessage;
  /** The newest offset that was sent to it, or that it named, by partition. */
  readonly #newest = new Map<number, number>();
  readonly #gone = new AbortController();

  constructor(socket: ServerSocket, wants: SubscribeMessage) {
    this.socket = socket;
    this.wants = wants;
  }

  /** Records that it has all predictions up to these offsets, by partition. */
  resumed(cursors: ReadonlyArray<number | null>): void {
    for (const [partition, cursor] of cursors.entries())
      if (cursor !== null) this.#newest.set(partition, cursor);
  }

  /**
   * Index of the first row at or after `from` that it does not have, and records that it has them all. A task that
   * restarts delivers uncommitted predictions again.
   */
  firstNew({ origin, offsets, count }: PredictionRows, from: number): number {
    const cursor = this.#newest.get(origin.partition) ?? -1;
    let first = from;
    while (first < count && (offsets[first] as number) <= cursor) first++;
    if (first < count) this.#newest.set(origin.partition, offsets[count - 1] as number);
    return first;
  }

  /** Whether it has the predictions up to an offset: they were sent to it, or it named them. */
  has(partition: number, offset: number): boolean {
    return (this.#newest.get(partition) ?? -1) >= offset;
  }

  /** Aborts when the subscription ends. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  end(): void {
    this.#gone.abort();
  }

  /** Sends a frame, or disconnects a client with too many bytes in its buffer. False if it was disconnected. */
  offer(frame: Uint8Array): boolean {
    return sendBounded(this.socket, frame);
  }

  /** Resolves once little of what was sent is unread; disconnects a client that does not read. */
  async drained(): Promise<void> {
    const latestMs = performance.now() + RESUME_STALL_MS_MAX;
    while (this.#isBehind) {
      if (performance.now() > latestMs) {
        closeSlow(this.socket);
        this.end();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
  }

  /** Sends a frame, whatever is unread: to be called once it is `drained`. */
  send(frame: Uint8Array): void {
    if (!this.gone.aborted) this.socket.send(frame);
  }

  get #isBehind(): boolean {
    const { open, bufferedBytes } = this.socket;
    return open && bufferedBytes > RESUME_BUFFER_BYTES_MAX && !this.gone.aborted;
  }
}
