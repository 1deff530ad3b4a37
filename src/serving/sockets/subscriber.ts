// One subscription of one WebSocket client (hot path in `offer`).
import { SUBSCRIBER_BUFFER_BYTES_MAX } from '../../core/limits.ts';
import type { ServerSocket } from '../../ports/web-server.ts';
import type { PredictionRows } from './frames.ts';
import { CLOSE_TOO_SLOW, type SubscribeMessage } from './protocol.ts';

/** How often a client that catches up is looked at while its buffer is full, ms. */
const DRAIN_POLL_MS = 10;

export class Subscriber {
  readonly socket: ServerSocket;
  readonly wants: SubscribeMessage;
  /** The newest offset that it was sent, or named, by partition. */
  readonly #has = new Map<number, number>();
  readonly #gone = new AbortController();

  constructor(socket: ServerSocket, wants: SubscribeMessage) {
    this.socket = socket;
    this.wants = wants;
  }

  /** It has what is up to these offsets, by partition. */
  resumed(cursors: ReadonlyArray<number | null>): void {
    for (const [partition, cursor] of cursors.entries())
      if (cursor !== null) this.#has.set(partition, cursor);
  }

  /**
   * Index of the first row at or after `from` that it does not have; afterwards it has them all. An owner that begins anew
   * delivers again what was not committed.
   */
  firstNew({ origin, offsets, count }: PredictionRows, from: number): number {
    const cursor = this.#has.get(origin.partition) ?? -1;
    let first = from;
    while (first < count && (offsets[first] as number) <= cursor) first++;
    if (first < count) this.#has.set(origin.partition, offsets[count - 1] as number);
    return first;
  }

  /** Whether it was sent what is up to an offset, or named it. */
  has(partition: number, offset: number): boolean {
    return (this.#has.get(partition) ?? -1) >= offset;
  }

  /** Aborts when the subscription has ended. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  end(): void {
    this.#gone.abort();
  }

  /** Sends a frame, or cuts a client off that has too many bytes waiting. False where it was cut off. */
  offer(frame: Uint8Array): boolean {
    if (this.socket.bufferedBytes + frame.byteLength > SUBSCRIBER_BUFFER_BYTES_MAX) {
      this.socket.close(CLOSE_TOO_SLOW, 'too slow: connect again and resume after the last id received');
      return false;
    }
    this.socket.send(frame);
    return true;
  }

  /** Sends a frame once half of the buffer is free: a client that catches up sets its own pace. */
  async sendWhenDrained(frame: Uint8Array): Promise<void> {
    while (this.socket.open && this.socket.bufferedBytes > SUBSCRIBER_BUFFER_BYTES_MAX / 2) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
    if (!this.gone.aborted) this.socket.send(frame);
  }
}
