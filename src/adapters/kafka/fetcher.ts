// Reads partitions from their leaders (control path, once a fetch): one long poll a broker for all partitions there.
// Groups only say who reads what: reading itself needs none, so a pause, a seek or a replay is no matter of the group.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from 'kafkajs';
import { MillraceError, isCode, messageOf } from '../../core/errors.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { leaderOf } from './client.ts';
import { fetchRequest, type FetchAnswer, type FetchedPartition } from './fetch-request.ts';
import { ProtocolError } from './protocol-error.ts';
import { send } from './wire.ts';
import { ANSWER_MS_MAX, within } from './within.ts';

const RETRY_MS_START = 50;
const RETRY_MS_MAX = 2_000;
const OFFSET_OUT_OF_RANGE = 1;
/** Says nothing of what is wrong, and may pass. */
const UNKNOWN_SERVER_ERROR = -1;

/** A partition that is being read; it moves its own position on. */
export interface FetchTarget extends TopicPartition {
  readonly position: number;
  readonly paused: boolean;
  fetched(response: FetchedPartition): void;
  failed(error: MillraceError): void;
  /** Nothing more will come: the log is being closed. */
  stop(): void;
}

export class Fetcher {
  readonly #open: () => Cluster;
  readonly #waitMs: number;
  readonly #answerMsMax: number;
  #cluster: Cluster;
  /** What the client keeps metadata of. */
  readonly #topics = new Set<string>();
  readonly #telemetry: Telemetry;
  readonly #targets = new Set<FetchTarget>();
  /** Brokers that a loop is reading from. */
  readonly #loops = new Map<number, Promise<void>>();
  #changed = Promise.withResolvers<void>();
  #connecting: Promise<void> | null = null;
  #closed = false;

  /**
   * @param open makes a view of the brokers that is not connected yet
   * @param waitMs for which a broker holds a fetch that has nothing to give: whoever comes meanwhile waits as well
   * @param answerMsMax what a client that lives answers in
   */
  constructor(
    open: () => Cluster,
    telemetry: Telemetry,
    waitMs: number,
    answerMsMax: number = ANSWER_MS_MAX,
  ) {
    this.#waitMs = waitMs;
    this.#answerMsMax = answerMsMax;
    this.#open = open;
    this.#cluster = open();
    this.#telemetry = telemetry;
  }

  /** The earliest or the latest offset of a partition. */
  async offsetAt({ topic, partition }: TopicPartition, fromBeginning: boolean): Promise<number> {
    await this.#know(topic);
    const asked = [{ topic, partitions: [{ partition }], fromBeginning }];
    const [found] = await within(this.#answerMsMax, this.#cluster.fetchTopicsOffset(asked));
    return Number(found?.partitions[0]?.offset ?? 0);
  }

  /** Begins to read a target; the topic must exist. */
  async add(target: FetchTarget): Promise<void> {
    await this.#know(target.topic);
    if (this.#closed) return;
    this.#targets.add(target);
    this.wake();
  }

  remove(target: FetchTarget): void {
    this.#targets.delete(target);
    this.wake();
  }

  /** Call when a target may be read again: a loop without any sleeps. */
  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
    this.#startLoops();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const target of this.#targets) target.stop(); // each removes itself
    this.wake();
    // Disconnecting ends the long polls.
    await within(this.#answerMsMax, this.#cluster.disconnect()).catch(() => undefined);
    await Promise.all(this.#loops.values());
  }

  async #know(topic: string): Promise<void> {
    this.#topics.add(topic);
    await this.#connect();
    await within(this.#answerMsMax, this.#cluster.addTargetTopic(topic));
  }

  /** Once for all who come meanwhile: a client that is being connected says that it is before it can be asked. */
  async #connect(): Promise<void> {
    if (this.#connecting === null && this.#cluster.isConnected()) return;
    this.#connecting ??= within(this.#answerMsMax, this.#cluster.connect()).finally(() => {
      this.#connecting = null;
    });
    await this.#connecting;
  }

  #startLoops(): void {
    for (const target of this.#targets) {
      const leader = leaderOf(this.#cluster, target);
      if (leader === undefined || this.#loops.has(leader)) continue;
      // Begun a turn later, when it is known to be running.
      const loop = Promise.resolve().then(() => this.#loop(leader));
      this.#loops.set(
        leader,
        loop.finally(() => this.#loops.delete(leader)),
      );
    }
  }

  async #loop(leader: number): Promise<void> {
    let retryMs = RETRY_MS_START;
    for (;;) {
      const targets = [...this.#targets].filter((target) => leaderOf(this.#cluster, target) === leader);
      if (targets.length === 0) return;
      this.#startLoops();
      const active = targets.filter((target) => !target.paused);
      if (active.length === 0) {
        await this.#changed.promise;
        continue;
      }
      try {
        await this.#fetch(leader, active);
        retryMs = RETRY_MS_START;
      } catch (error) {
        if (this.#closed) return;
        if (isCode(error, 'LOG_FAILED')) active.forEach((target) => this.#fail(target, error));
        else retryMs = await this.#recover(error, retryMs);
      }
    }
  }

  async #fetch(leader: number, active: readonly FetchTarget[]): Promise<void> {
    // Several readers may be at different places of one partition: a request names a partition once.
    const asked = new Map<string, FetchTarget>();
    for (const target of active)
      if (!asked.has(partitionName(target))) asked.set(partitionName(target), target);
    const broker = await within(this.#answerMsMax, this.#cluster.findBroker({ nodeId: String(leader) }));
    const request = fetchRequest(fromAnyOn([...asked.values()]), this.#waitMs);
    const answer = await within(this.#answerMsMax, send(broker, request));
    this.#deliver(answer, asked, asked.size < active.length);
  }

  /** @param takesTurns where a partition has more readers than the one that was asked for */
  #deliver({ partitions }: FetchAnswer, asked: ReadonlyMap<string, FetchTarget>, takesTurns: boolean): void {
    let retriable: ProtocolError | null = null;
    for (const fetched of partitions) {
      const target = asked.get(partitionName(fetched));
      if (target === undefined || !this.#targets.has(target)) continue;
      const { errorCode } = fetched;
      if (errorCode === 0) {
        target.fetched(fetched);
      } else {
        const error = new ProtocolError(errorCode, partitionName(target));
        if (error.retriable || errorCode === UNKNOWN_SERVER_ERROR) retriable = error;
        else this.#fail(target, refusal(error, target));
      }
      // The next reader of the same partition has its turn first next time.
      if (takesTurns && this.#targets.delete(target)) this.#targets.add(target);
    }
    if (retriable !== null) throw retriable;
  }

  #fail(target: FetchTarget, error: MillraceError): void {
    this.#targets.delete(target);
    target.failed(error);
  }

  /**
   * With a fresh client: one whose connection broke in the middle of a request may answer no more at all (kafkajs takes a
   * connection that is closing for an open one, and waits for what it sends there).
   */
  async #replaceCluster(): Promise<void> {
    const fresh = this.#open();
    try {
      await within(this.#answerMsMax, fresh.connect());
      await within(this.#answerMsMax, fresh.addMultipleTargetTopics([...this.#topics]));
    } catch (error) {
      fresh.disconnect().catch(() => undefined);
      throw error;
    }
    const old = this.#cluster;
    this.#cluster = fresh;
    old.disconnect().catch(() => undefined);
  }

  /** Waits, with jitter, and looks for the leaders again; the next wait. */
  async #recover(error: unknown, retryMs: number): Promise<number> {
    this.#telemetry.warn('reading from Kafka failed; trying again', { error: messageOf(error), retryMs });
    await sleep(retryMs * (0.5 + Math.random()));
    try {
      await this.#replaceCluster();
      this.#startLoops();
    } catch (again) {
      this.#telemetry.warn('no Kafka broker answers; trying again', { error: messageOf(again) });
    }
    return Math.min(retryMs * 2, RETRY_MS_MAX);
  }
}

/**
 * The same in a circle from any of them on: the broker serves them in order until the response is full, and gives a
 * batch that is larger than it may be to the first alone (KIP-74).
 */
function fromAnyOn<T>(list: readonly T[]): T[] {
  const first = Math.floor(Math.random() * list.length);
  return [...list.slice(first), ...list.slice(0, first)];
}

function refusal(error: ProtocolError, target: FetchTarget): MillraceError {
  const where = partitionName(target);
  if (error.code !== OFFSET_OUT_OF_RANGE) {
    return new MillraceError('LOG_FAILED', `the broker does not let it be read: ${error.type}`, {
      where,
      mend: 'Look into the log of the broker, and at what this client is allowed to read.',
      cause: error,
    });
  }
  return new MillraceError('LOG_FAILED', `the log does not hold offset ${target.position}`, {
    where,
    mend: 'Retention has deleted it, or the topic was made anew: start from the earliest offset, or restore the topic.',
    cause: error,
  });
}
