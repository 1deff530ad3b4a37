// Reads partitions from their leaders (control path, once a fetch): one long poll per broker for all partitions there.
// A group only says who reads what. Reading itself needs none, so a pause, a seek or a replay does not concern the group.
import { isCode, MillraceError } from '../../core/errors.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { LogEnd } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { errorCode, LEADER_NOT_AVAILABLE, OFFSET_OUT_OF_RANGE } from './client/error-codes.ts';
import { NO_LEADER, type BrokerConnections } from './client/kafka-client.ts';
import { isUnavailable, KafkaError } from './client/kafka-error.ts';
import { logFailure } from './log-failure.ts';
import { batchesOf } from './records/record-set.ts';
import type { StoredBatch } from './records/stored-batch.ts';
import { RenewedConnections } from './renewed-connections.ts';
import { topicEnds, topicIdOf } from './topic-questions.ts';
import { fetchRequest, type FetchAnswer, type FetchedPartition } from './wire/fetch-request.ts';

/** A partition that is being read; it advances its own position. */
export interface FetchTarget extends TopicPartition {
  readonly position: number;
  readonly paused: boolean;
  /** Id of the topic that is to be read; null if any topic of the name will do. */
  readonly topicId: string | null;
  fetched(response: FetchedPartition): void;
  failed(error: MillraceError): void;
  /** Nothing more will come: the log is being closed. */
  stop(): void;
}

export class Fetcher {
  readonly #waitMs: number;
  readonly #connections: RenewedConnections;
  readonly #targets = new Set<FetchTarget>();
  /** Those whose topic may be another one than when they were last read: none was lost without a failed fetch. */
  readonly #doubts = new Set<FetchTarget>();
  /** Brokers that a loop is reading from. */
  readonly #loops = new Map<number, Promise<void>>();
  #changed = Promise.withResolvers<void>();
  #isClosed = false;

  /**
   * @param open makes connections that are not connected yet
   * @param waitMs how long a broker delays the answer to a fetch for which it has no records; targets that are added
   *   meanwhile wait as well
   */
  constructor(open: () => BrokerConnections, telemetry: Telemetry, waitMs: number, where = 'Kafka') {
    this.#waitMs = waitMs;
    const isRead = (topic: string): boolean => [...this.#targets].some((target) => target.topic === topic);
    this.#connections = new RenewedConnections(open, telemetry, where, { isRead });
  }

  /** The earliest or the latest offset of a partition. */
  offsetAt(partition: TopicPartition, end: 'earliest' | 'latest'): Promise<number> {
    return this.#connections.ask(partition.topic, (connections) => connections.offset(partition, end));
  }

  /** The broker's id of a topic; null if it is too old to have any. */
  async topicId(topic: string): Promise<string | null> {
    try {
      return await this.#connections.ask(topic, (connections) => topicIdOf(connections, topic));
    } catch (error) {
      if (error instanceof KafkaError && error.fault === 'unsupported') return null;
      throw error;
    }
  }

  ends(topic: string): Promise<readonly LogEnd[]> {
    return this.#connections.ask(topic, (connections) => topicEnds(connections, topic));
  }

  /** The batches of one fetch from an offset on, those of open and aborted transactions and their markers among them. */
  batches(origin: TopicPartition, position: number): Promise<readonly StoredBatch[]> {
    return this.#connections.ask(origin.topic, async (connections) => {
      const leader = connections.leader(origin) ?? NO_LEADER;
      if (leader === NO_LEADER) throw KafkaError.ofCode(LEADER_NOT_AVAILABLE, partitionName(origin));
      const request = fetchRequest([{ ...origin, position }], this.#waitMs, 'uncommitted');
      const [fetched] = (await connections.send(leader, request)).partitions;
      const code = fetched?.errorCode ?? 0;
      if (code !== 0) throw KafkaError.ofCode(code, partitionName(origin));
      return batchesOf(fetched?.records ?? Buffer.alloc(0));
    });
  }

  /** Starts to read a target; the topic must exist. */
  async add(target: FetchTarget): Promise<void> {
    await this.#connections.ask(target.topic, async (connections) => {
      // A partition that was added after the topic's metadata were loaded.
      if (connections.leader(target) === undefined) await connections.refresh();
    });
    if (this.#isClosed) return;
    this.#targets.add(target);
    this.#doubts.add(target);
    this.wake();
  }

  remove(target: FetchTarget): void {
    this.#targets.delete(target);
    this.#doubts.delete(target);
    this.wake();
  }

  /** Call when a paused target may be read again: a loop whose targets are all paused sleeps. */
  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
    this.#startLoops();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const target of this.#targets) target.stop(); // each removes itself
    this.wake();
    await this.#connections.close();
    await Promise.all(this.#loops.values());
  }

  #startLoops(): void {
    if (this.#isClosed) return;
    for (const target of this.#targets) {
      const leader = this.#connections.current.leader(target);
      if (leader === undefined || this.#loops.has(leader)) continue;
      // Starts a turn later, when it is registered; it fails only when the log is being closed.
      const loop = Promise.resolve().then(() => this.#loop(leader));
      this.#loops.set(
        leader,
        loop.catch(() => undefined),
      );
    }
  }

  async #loop(leader: number): Promise<void> {
    while (await this.#connections.lasting((connections) => this.#round(connections, leader)));
  }

  /** One fetch, or one wait for something to fetch. Returns false when the loop ends. */
  async #round(connections: BrokerConnections, leader: number): Promise<boolean> {
    this.#startLoops();
    const targets = [...this.#targets].filter((target) => connections.leader(target) === leader);
    if (targets.length === 0) {
      this.#loops.delete(leader); // here, so that a target that is added next starts a new loop
      return false;
    }
    const active = targets.filter((target) => !target.paused);
    if (active.length > 0) await this.#fetchFor(connections, leader, active);
    else await this.#changed.promise;
    return true;
  }

  async #fetchFor(
    connections: BrokerConnections,
    leader: number,
    active: readonly FetchTarget[],
  ): Promise<void> {
    try {
      const doubtful = active.filter((target) => this.#doubts.has(target));
      await this.#verify(connections, doubtful);
      const certain = active.filter((target) => this.#targets.has(target));
      if (certain.length > 0) await this.#fetch(connections, leader, certain);
    } catch (error) {
      if (!isFinal(error)) {
        for (const target of active) this.#doubts.add(target);
        throw error;
      }
      for (const target of active)
        this.#fail(target, logFailure(error, 'cannot read', partitionName(target), []));
    }
  }

  /** Fails the targets whose topic was deleted and created again since their offset was read or committed. */
  async #verify(connections: BrokerConnections, targets: readonly FetchTarget[]): Promise<void> {
    for (const [topic, ofTopic] of Map.groupBy(targets, ({ topic }) => topic)) {
      const isRead = ofTopic.some(({ topicId }) => topicId !== null);
      const id = isRead ? await topicIdOf(connections, topic) : null;
      for (const target of ofTopic) {
        this.#doubts.delete(target);
        if (target.topicId !== null && target.topicId !== id) this.#fail(target, recreated(target));
      }
    }
  }

  async #fetch(
    connections: BrokerConnections,
    leader: number,
    active: readonly FetchTarget[],
  ): Promise<void> {
    // Several readers may be at different positions of one partition: a request names a partition once.
    const requested = new Map<string, FetchTarget>();
    for (const target of active)
      if (!requested.has(partitionName(target))) requested.set(partitionName(target), target);
    const request = fetchRequest(rotated([...requested.values()]), this.#waitMs);
    const answer = await connections.send(leader, request);
    this.#deliver(answer, requested, requested.size < active.length);
  }

  /** @param takesTurns whether a partition has more readers than the one in the request */
  #deliver(
    { partitions }: FetchAnswer,
    requested: ReadonlyMap<string, FetchTarget>,
    takesTurns: boolean,
  ): void {
    let retriable: KafkaError | null = null;
    for (const fetched of partitions) {
      const target = requested.get(partitionName(fetched));
      if (target === undefined || !this.#targets.has(target)) continue;
      const { errorCode: code } = fetched;
      if (code === 0) {
        target.fetched(fetched);
      } else {
        const error = KafkaError.ofCode(code, partitionName(target));
        if (isUnavailable(error)) retriable = error;
        else this.#fail(target, refusal(error, code, target));
      }
      // Another reader of the same partition is first next time.
      if (takesTurns && this.#targets.delete(target)) this.#targets.add(target);
    }
    if (retriable !== null) throw retriable;
  }

  #fail(target: FetchTarget, error: MillraceError): void {
    this.#targets.delete(target);
    target.failed(error);
  }
}

/** A broker that is too old, or whose answer cannot be read: a retry would fail again. */
function isFinal(error: unknown): boolean {
  return isCode(error, 'LOG_FAILED') || (error instanceof KafkaError && error.fault === 'unsupported');
}

/**
 * The list rotated by a random number: the broker serves partitions in order until the response is full, and returns a
 * batch above the size limit for the first partition only (KIP-74).
 */
function rotated<T>(list: readonly T[]): T[] {
  const first = Math.floor(Math.random() * list.length);
  return [...list.slice(first), ...list.slice(0, first)];
}

function recreated(target: FetchTarget): MillraceError {
  return new MillraceError('LOG_CHANGED', 'the topic was deleted and created again', {
    where: partitionName(target),
  });
}

function refusal(cause: KafkaError, code: number, target: FetchTarget): MillraceError {
  const where = partitionName(target);
  if (code === OFFSET_OUT_OF_RANGE) {
    return new MillraceError('LOG_CHANGED', `the log does not have offset ${target.position} any more`, {
      where,
      cause,
    });
  }
  return new MillraceError('LOG_FAILED', `the broker refuses to let it be read: ${errorCode(code).name}`, {
    where,
    remedy: "Look into the broker's log, and check what this client is allowed to read.",
    cause,
  });
}
