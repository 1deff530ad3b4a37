// A WebSocket client of the whole fleet (hot path): one connection per worker, as each serves the partitions that
// it owns. After any failure it reconnects with the last id of each partition, from whichever worker that came.
import { parsePredictionId } from '../../src/core/blocks.ts';

const RECONNECT_MS = 100;

export interface Item {
  readonly id: string;
  readonly key: string;
  readonly score: number;
  readonly version: string;
}

/** Told of each prediction when it comes for the first time. */
export type Arrived = (item: Item, partition: number) => void;

export class FleetClient {
  readonly #topology: string;
  readonly #topic: string;
  /** By partition: the score of each source offset. */
  readonly seen: Array<Map<number, number>>;
  readonly #last: number[];
  readonly #arrived: Arrived;
  readonly #protocols: string[];
  readonly #sockets = new Set<WebSocket>();
  #isClosed = false;
  /** Delivered again by a connection that had delivered it, or to which the client had reported it. */
  readonly doubles: string[] = [];
  /** Delivered again with another score. */
  readonly changed: string[] = [];
  /** What servers said went wrong. */
  readonly errors: string[] = [];
  /** Delivered by two owners of a partition, one after the other: at least once, with the same id. */
  repeated = 0;
  /** Subscriptions that servers have confirmed: only what is predicted from then on comes. */
  connections = 0;

  /** @param credential none where anonymous clients may subscribe */
  constructor(
    topology: string,
    topic: string,
    partitions: number,
    { arrived = () => undefined, credential }: { arrived?: Arrived; credential?: string } = {},
  ) {
    this.#arrived = arrived;
    this.#protocols = credential === undefined ? [] : ['millrace', `bearer.${credential}`];
    this.#topology = topology;
    this.#topic = topic;
    this.seen = Array.from({ length: partitions }, () => new Map());
    this.#last = Array.from({ length: partitions }, () => -1);
  }

  follow(url: string): void {
    if (this.#isClosed) return;
    const socket = new WebSocket(url, this.#protocols);
    socket.binaryType = 'arraybuffer';
    this.#sockets.add(socket);
    const delivered = this.#last.map(() => -1);
    socket.addEventListener('open', () => {
      for (const [partition, last] of this.#last.entries()) delivered[partition] = last;
      const after = this.#last.flatMap((last, p) => (last < 0 ? [] : [`${this.#topic}-${p}-${last}`]));
      socket.send(JSON.stringify({ subscribe: this.#topology, after }));
    });
    socket.addEventListener('message', ({ data }) => {
      if (!this.#message(data, delivered)) socket.close();
    });
    socket.addEventListener('error', () => undefined); // it is followed by a close
    socket.addEventListener('close', () => {
      this.#sockets.delete(socket);
      setTimeout(() => this.follow(url), RECONNECT_MS);
    });
  }

  /** False if the server cannot read back missed predictions now: the client retries. */
  #message(data: unknown, delivered: number[]): boolean {
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data as ArrayBuffer);
    // What the server under test sent: the checks below are on it.
    const frame = JSON.parse(text) as { type: string; items?: Item[]; code?: string; message?: string };
    if (frame.type === 'subscribed') this.connections += 1;
    if (frame.code === 'RESUME_UNAVAILABLE') return false;
    if (frame.type === 'error') this.errors.push(`${frame.code}: ${frame.message}`);
    if (frame.type === 'predictions') for (const item of frame.items ?? []) this.#take(item, delivered);
    return true;
  }

  #take(item: Item, delivered: number[]): void {
    const { id, score } = item;
    const at = parsePredictionId(id);
    const seen = at === null ? undefined : this.seen[at.partition];
    if (at === null || seen === undefined) throw new Error(`a strange id: ${id}`);
    const { partition, offset } = at;
    if (offset <= (delivered[partition] as number)) this.doubles.push(id);
    delivered[partition] = offset;
    const before = seen.get(offset);
    if (before !== undefined) {
      this.repeated += 1;
      if (before !== score) this.changed.push(id);
      return;
    }
    seen.set(offset, score);
    this.#arrived(item, partition);
    this.#last[partition] = Math.max(offset, this.#last[partition] as number);
  }

  get count(): number {
    return this.seen.reduce((sum, { size }) => sum + size, 0);
  }

  /** Breaks one connection, as a network does. */
  drop(nth: number): void {
    const sockets = [...this.#sockets];
    sockets[nth % Math.max(1, sockets.length)]?.close();
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.close();
  }
}
