/** A client that records everything it receives. */
import type { ServerSocket } from '../../../src/ports/web-server.ts';

export interface SentFrame {
  readonly type: string;
  readonly items?: ReadonlyArray<{ readonly id: string; readonly [name: string]: unknown }>;
  readonly [name: string]: unknown;
}

const decoder = new TextDecoder();

export class FakeSocket implements ServerSocket {
  open: boolean = true;
  bufferedBytes: number = 0;
  closed: { readonly code: number; readonly reason: string } | null = null;
  readonly sent: SentFrame[] = [];

  send(text: Uint8Array): void {
    if (this.open) this.sent.push(JSON.parse(decoder.decode(text)) as SentFrame);
  }

  close(code: number, reason: string): void {
    this.open = false;
    this.closed = { code, reason };
  }

  frames(type: string): SentFrame[] {
    return this.sent.filter((frame) => frame.type === type);
  }

  /** Ids of all predictions received, in order. */
  get ids(): string[] {
    return this.frames('predictions').flatMap(({ items = [] }) => items.map(({ id }) => id));
  }
}
