// Live predictions for WebSocket clients (hot path in `predictions`): nothing is serialised without a subscriber.
import type { LabelBlock, PredictionBlock } from '../../core/blocks.ts';
import { messageOf } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { ServerSocket } from '../../ports/web-server.ts';
import { sendBounded } from './bounded-send.ts';
import { catchUp, type Cursor, cursorsOf, type ReplayPredictions } from './catch-up.ts';
import { errorFrame, subscribedFrame } from './frames.ts';
import { CLOSE_PARTITION_MOVED, type FrameError, type SubscribeMessage } from './protocol.ts';
import { ResumeTurns } from './resume-turns.ts';
import { Subscriber } from './subscriber.ts';
import { TopologyFeed } from './topology-feed.ts';

export interface PredictionHubOptions {
  readonly telemetry: Telemetry;
  /** Reads predictions that memory no longer has; null: a resume that needs them is refused. */
  readonly replay: ReplayPredictions | null;
}

/**
 * Keeps the newest blocks in memory for clients that resume: a caller must not write to a block afterwards.
 * @example hub.add('flights', 'flights', 4); hub.predictions('flights', block)
 */
export class PredictionHub {
  readonly #telemetry: Telemetry;
  readonly #replay: ReplayPredictions | null;
  readonly #feeds = new Map<string, TopologyFeed>();
  readonly #replays = new Map<string, ReplayPredictions>();
  readonly #turns = new ResumeTurns();
  readonly #subscribers = new Map<ServerSocket, Subscriber>();

  constructor(options: PredictionHubOptions) {
    this.#telemetry = options.telemetry;
    this.#replay = options.replay;
  }

  /**
   * Accepts subscriptions to a topology; `topic` is its source.
   * @param replay reads what memory no longer has; by default as the options of the hub say
   */
  add(topology: string, topic: string, partitions: number, replay?: ReplayPredictions): void {
    if (replay !== undefined) this.#replays.set(topology, replay);
    this.#feeds.set(topology, new TopologyFeed(topic, partitions, (slow) => this.#cutOff(slow)));
  }

  begins(topology: string, origin: TopicPartition, through: number | null): void {
    for (const subscriber of this.#feeds.get(topology)?.begins(origin, through) ?? []) {
      this.#telemetry.count('feed_moved_total', 1);
      subscriber.socket.close(
        CLOSE_PARTITION_MOVED,
        'a partition moved to this process: reconnect and resume after the last ids received',
      );
      this.drop(subscriber.socket);
    }
  }

  predictions(topology: string, block: PredictionBlock): void {
    if (block.count === 0) return;
    const sent = this.#feeds.get(topology)?.predictions(block) ?? 0;
    if (sent > 0) {
      this.#telemetry.count('feed_messages_total', sent);
      this.#telemetry.observe('feed_latency_seconds', performance.now() - block.receivedAtMs);
    }
  }

  labels(topology: string, block: LabelBlock): void {
    if (block.count > 0 && this.#subscribers.size > 0) this.#feeds.get(topology)?.labels(block);
  }

  /** Subscribes a socket: sends `subscribed` or `error`, then predictions. */
  subscribe(socket: ServerSocket, wants: SubscribeMessage): void {
    const feed = this.#feeds.get(wants.topology);
    if (feed === undefined) {
      const known = [...this.#feeds.keys()].map((name) => JSON.stringify(name)).join(', ');
      const message = `no topology ${JSON.stringify(wants.topology)} runs here`;
      this.refuse(socket, { code: 'TOPOLOGY_UNKNOWN', message, remedy: `Subscribe to one of: ${known}.` });
      return;
    }
    if (this.#subscribers.has(socket)) {
      const remedy = 'Open a second connection for a second subscription.';
      this.refuse(socket, {
        code: 'ALREADY_SUBSCRIBED',
        message: 'this connection already has a subscription',
        remedy,
      });
      return;
    }
    const cursors = wants.after.length === 0 ? null : cursorsOf(feed.tails, wants.after);
    if (cursors !== null && !Array.isArray(cursors)) {
      this.refuse(socket, cursors);
      return;
    }
    const subscriber = new Subscriber(socket, wants);
    this.#subscribers.set(socket, subscriber);
    this.#telemetry.gauge('feed_subscribers', this.#subscribers.size);
    if (!sendBounded(socket, subscribedFrame(wants))) return; // closed: some servers have dropped it by now
    if (cursors === null) feed.goLive(subscriber);
    else void this.#resume(feed, subscriber, cursors);
  }

  /** Whether the socket has a subscription. */
  has(socket: ServerSocket): boolean {
    return this.#subscribers.has(socket);
  }

  /** Sends an error frame and counts it. */
  refuse(socket: ServerSocket, error: FrameError): void {
    this.#telemetry.count('feed_refusals_total', 1, { code: error.code });
    sendBounded(socket, errorFrame(error));
  }

  /** Ends the socket's subscription, if it has one. */
  drop(socket: ServerSocket): void {
    const subscriber = this.#subscribers.get(socket);
    if (subscriber === undefined) return;
    this.#subscribers.delete(socket);
    subscriber.end();
    this.#feeds.get(subscriber.wants.topology)?.remove(subscriber);
    this.#telemetry.gauge('feed_subscribers', this.#subscribers.size);
  }

  async #resume(feed: TopologyFeed, subscriber: Subscriber, cursors: Cursor[]): Promise<void> {
    const replay = this.#replays.get(subscriber.wants.topology) ?? this.#replay;
    const source = { replay, turn: () => this.#turns.next() };
    try {
      await catchUp(subscriber, feed.tails, cursors, source, () => feed.goLive(subscriber));
    } catch (error) {
      this.drop(subscriber.socket);
      this.refuse(subscriber.socket, {
        code: 'RESUME_UNAVAILABLE',
        message: `cannot resume: ${messageOf(error)}`,
        remedy: 'Subscribe without "after", and read the missed predictions from the predictions topic.',
      });
    }
  }

  #cutOff(subscriber: Subscriber): void {
    this.#telemetry.count('feed_cut_off_total', 1);
    this.drop(subscriber.socket);
  }
}
