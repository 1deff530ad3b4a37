// One client of the ws adapter (hot path in `send`).
import type { RawData, WebSocket } from 'ws';
import { SUBSCRIBER_BUFFER_BYTES_MAX } from '../../core/port-limits.ts';
import type { ServerSocket, SocketSession } from '../../ports/web-server.ts';
import { frameBudget } from '../shared/frame-budget.ts';

export class WsSocket implements ServerSocket {
  readonly #client: WebSocket;
  #alive = true;

  constructor(client: WebSocket, session: SocketSession, gone: () => void) {
    this.#client = client;
    const isWithinBudget = frameBudget();
    // Also while a close frame waits for its answer: until then ws goes on reading.
    const takes = (): boolean => {
      this.#alive = true;
      const isWithin = isWithinBudget();
      if (!isWithin) client.terminate();
      return isWithin;
    };
    client.on('message', (data: RawData) => {
      if (!takes()) return;
      // With the default binaryType a message is one Buffer.
      session.message(this, (data as Buffer).toString('utf8'));
    });
    client.on('ping', (data: Buffer) => {
      if (!takes()) return;
      // A client that sends pings and never reads would fill memory with their answers.
      if (client.bufferedAmount > SUBSCRIBER_BUFFER_BYTES_MAX) client.terminate();
      else if (this.open) client.pong(data);
    });
    client.on('pong', takes);
    client.on('error', () => {
      // After a protocol error or a reset, ws closes the connection and emits 'close'.
    });
    client.on('close', (code: number) => {
      gone();
      session.closed(this, code);
    });
  }

  get open(): boolean {
    return this.#client.readyState === this.#client.OPEN;
  }

  get bufferedBytes(): number {
    return this.#client.bufferedAmount;
  }

  send(text: Uint8Array): void {
    if (this.open) this.#client.send(text, { binary: false, compress: false });
  }

  close(code: number, reason: string): void {
    this.#client.close(code, reason);
  }

  terminate(): void {
    this.#client.terminate();
  }

  /** Called at every heartbeat: disconnects a client that did not answer the last one. */
  beat(): void {
    if (!this.#alive) {
      this.#client.terminate();
      return;
    }
    this.#alive = false;
    this.#client.ping();
  }
}
