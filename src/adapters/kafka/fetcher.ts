// Reads partitions from their leaders (control path, once a fetch): one long poll a broker for all partitions there.
// Groups only say who reads what: reading itself needs none, so a pause, a seek or a replay is no matter of the group.
import type { Cluster } from 'kafkajs';
import { MillraceError, isCode } from '../../core/errors.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { leaderOf } from './client/client.ts';
import { fetchRequest, type FetchAnswer, type FetchedPartition } from './wire/fetch-request.ts';
import { ProtocolError } from './wire/protocol-error.ts';
import { RenewedCluster } from './client/renewed-cluster.ts';
import { send } from './client/wire.ts';
import { ANSWER_MS_MAX, within } from './client/within.ts';

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
  readonly #waitMs: number;
  readonly #answerMsMax: number;
  readonly #cluster: RenewedCluster;
  readonly #targets = new Set<FetchTarget>();
  /** Brokers that a loop is reading from. */
  readonly #loops = new Map<number, Promise<void>>();
  #changed = Promise.withResolvers<void>();
  #isClosed = false;

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
    this.#cluster = new RenewedCluster(open, telemetry, answerMsMax);
  }

  /** The earliest or the latest offset of a partition. */
  async offsetAt({ topic, partition }: TopicPartition, fromBeginning: boolean): Promise<number> {
    const asked = [{ topic, partitions: [{ partition }], fromBeginning }];
    const [found] = await this.#cluster.ask(topic, (cluster) => cluster.fetchTopicsOffset(asked));
    return Number(found?.partitions[0]?.offset ?? 0);
  }

  /** Begins to read a target; the topic must exist. */
  async add(target: FetchTarget): Promise<void> {
    await this.#cluster.ask(target.topic, async () => undefined);
    if (this.#isClosed) return;
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
    this.#isClosed = true;
    for (const target of this.#targets) target.stop(); // each removes itself
    this.wake();
    await this.#cluster.close();
    await Promise.all(this.#loops.values());
  }

  #startLoops(): void {
    if (this.#isClosed) return;
    for (const target of this.#targets) {
      const leader = leaderOf(this.#cluster.current, target);
      if (leader === undefined || this.#loops.has(leader)) continue;
      // Begun a turn later, when it is known to be running; it fails only when the log is being closed.
      const loop = Promise.resolve().then(() => this.#loop(leader));
      this.#loops.set(
        leader,
        loop.catch(() => undefined),
      );
    }
  }

  async #loop(leader: number): Promise<void> {
    while (await this.#cluster.lasting((cluster) => this.#round(cluster, leader)));
  }

  /** One fetch, or one wait for something to fetch; whether there may be another. */
  async #round(cluster: Cluster, leader: number): Promise<boolean> {
    this.#startLoops();
    const targets = [...this.#targets].filter((target) => leaderOf(cluster, target) === leader);
    if (targets.length === 0) {
      this.#loops.delete(leader); // here, so that whoever comes next begins it anew
      return false;
    }
    const active = targets.filter((target) => !target.paused);
    if (active.length > 0) await this.#fetchFor(cluster, leader, active);
    else await this.#changed.promise;
    return true;
  }

  async #fetchFor(cluster: Cluster, leader: number, active: readonly FetchTarget[]): Promise<void> {
    try {
      await this.#fetch(cluster, leader, active);
    } catch (error) {
      if (!isCode(error, 'LOG_FAILED')) throw error;
      for (const target of active) this.#fail(target, error);
    }
  }

  async #fetch(cluster: Cluster, leader: number, active: readonly FetchTarget[]): Promise<void> {
    // Several readers may be at different places of one partition: a request names a partition once.
    const asked = new Map<string, FetchTarget>();
    for (const target of active)
      if (!asked.has(partitionName(target))) asked.set(partitionName(target), target);
    const broker = await within(this.#answerMsMax, cluster.findBroker({ nodeId: String(leader) }));
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
      remedy: 'Look into the log of the broker, and at what this client is allowed to read.',
      cause: error,
    });
  }
  return new MillraceError('LOG_FAILED', `the log does not hold offset ${target.position}`, {
    where,
    remedy:
      'Retention has deleted it, or the topic was made anew: start from the earliest offset, or restore the topic.',
    cause: error,
  });
}
