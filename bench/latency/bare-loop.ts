// What the engine's latency is compared with (hot path): takes a topic's records as a member of a group, sends what
// they hold to a WebSocket client, commits its offsets now and then, and does nothing else.
import type { Subscription } from 'rxjs';
import type { RawBatch } from '../../src/core/batch.ts';
import { partitionName } from '../../src/core/topic-partition.ts';
import type { Assignment, EventLog } from '../../src/ports/event-log.ts';
import type { OpenWebServer, ServerSocket, WebServer } from '../../src/ports/web-server.ts';
import { feedHandler } from './feed-handler.ts';

export const BARE_TOPIC = 'bare';
const GROUP = 'bare-loop';
const COMMIT_MS = 1_000;
const CLOSE_MS_MAX = 1_000;

export class BareLoop {
  readonly #log: EventLog;
  readonly #sockets = new Set<ServerSocket>();
  readonly #encoder = new TextEncoder();
  readonly #closers: Array<() => Promise<void>> = [];
  #server: WebServer | null = null;
  #subscription: Subscription | null = null;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Gives the URL to connect to. */
  async start(openWebServer: OpenWebServer): Promise<string> {
    this.#server = await openWebServer({
      port: 0,
      host: '127.0.0.1',
      handler: feedHandler({
        opened: (socket) => void this.#sockets.add(socket),
        message: () => undefined,
        closed: (socket) => void this.#sockets.delete(socket),
      }),
    });
    this.#subscription = this.#log
      .subscribe({ groupId: GROUP, topic: BARE_TOPIC })
      .subscribe((assignment) => void this.#take(assignment));
    return `ws://127.0.0.1:${this.#server.port}/ws`;
  }

  async #take(assignment: Assignment): Promise<void> {
    const writer = await this.#log.epochWriter(`${GROUP}.${partitionName(assignment)}`);
    const from = (await writer.committed(GROUP, assignment))?.offset ?? 0;
    let offsetNext = 0;
    let committed = 0;
    const commit = async (): Promise<void> => {
      if (offsetNext === committed) return;
      committed = offsetNext;
      await writer.commit(GROUP, assignment, offsetNext);
    };
    const timer = setInterval(() => void commit(), COMMIT_MS);
    this.#closers.push(async () => {
      clearInterval(timer);
      await writer.close();
      assignment.released();
    });
    assignment.open(from).subscribe((raw) => {
      offsetNext = raw.offsetNext;
      this.#echo(raw);
    });
  }

  #echo(raw: RawBatch): void {
    const items = Array.from(raw.values, (value) => `{"key":"${String(value)}"}`);
    const frame = this.#encoder.encode(`{"type":"bare","items":[${items.join()}]}`);
    for (const socket of this.#sockets) socket.send(frame);
  }

  async close(): Promise<void> {
    this.#subscription?.unsubscribe();
    for (const close of this.#closers) await close();
    await this.#server?.close(CLOSE_MS_MAX);
  }
}
