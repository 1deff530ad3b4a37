// One subscription of one WebSocket client (hot path in `offer`).
import { SUBSCRIBER_BUFFER_BYTES_MAX } from '../core/limits.ts';
import type { ServerSocket } from '../ports/web-server.ts';
import { CLOSE_TOO_SLOW, type SubscribeMessage } from './protocol.ts';

/** How often a client that catches up is looked at while its buffer is full, ms. */
const DRAIN_POLL_MS = 10;

export class Subscriber {
  readonly socket: ServerSocket;
  readonly wants: SubscribeMessage;
  readonly #gone = new AbortController();

  constructor(socket: ServerSocket, wants: SubscribeMessage) {
    this.socket = socket;
    this.wants = wants;
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
