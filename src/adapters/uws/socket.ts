// One client of the uWebSockets.js adapter (hot path in `send`).
import type { WebSocket } from 'uWebSockets.js';
import type { ServerSocket, SocketSession } from '../../ports/web-server.ts';

/** Data that uWebSockets.js keeps per connection: what is done with it, then the socket. */
export interface UwsClient {
  readonly session: SocketSession;
  /** Address of the client. */
  readonly peer: string;
  socket: UwsSocket | null;
  /** Counts a frame of the client; false if it has sent too many. */
  readonly isWithinBudget: () => boolean;
}

export class UwsSocket implements ServerSocket {
  /** Null once closed: touching a closed native socket throws. */
  #native: WebSocket<UwsClient> | null;

  constructor(native: WebSocket<UwsClient>) {
    this.#native = native;
  }

  get open(): boolean {
    return this.#native !== null;
  }

  get bufferedBytes(): number {
    return this.#native?.getBufferedAmount() ?? 0;
  }

  send(text: Uint8Array): void {
    this.#native?.send(text, false, false);
  }

  close(code: number, reason: string): void {
    const native = this.#native;
    this.#native = null; // `end` calls the close handler before it returns
    native?.end(code, reason);
  }

  /** Called when the native socket is closed. */
  detach(): void {
    this.#native = null;
  }
}
