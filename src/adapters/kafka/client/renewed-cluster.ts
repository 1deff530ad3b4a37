// A view of the brokers that lasts (control path): a client that fails is left for a fresh one before the next try.
// One whose connection broke in the middle of a request may answer no more at all: kafkajs takes a connection that is
// closing for an open one, and waits for what it sends there.
import type { RetryPolicy } from 'cockatiel';
import type { Cluster } from 'kafkajs';
import type { Telemetry } from '../../../ports/telemetry.ts';
import { isUnavailable } from './failure.ts';
import { retriesWhile } from '../../../resilience/retries.ts';
import { within } from './within.ts';

const RETRY = { startMs: 50, maxMs: 2_000 };

export class RenewedCluster {
  readonly #open: () => Cluster;
  readonly #answerMsMax: number;
  #current: Cluster;
  /** What the client keeps metadata of. */
  readonly #topics = new Set<string>();
  readonly #lasting: RetryPolicy;
  readonly #questions: RetryPolicy;
  #connecting: Promise<void> | null = null;
  #renewing: Promise<void> | null = null;
  readonly #closing = new AbortController();

  /**
   * @param open makes a view of the brokers that is not connected yet
   * @param answerMsMax what a client that lives answers in
   */
  constructor(open: () => Cluster, telemetry: Telemetry, answerMsMax: number) {
    this.#open = open;
    this.#current = open();
    this.#answerMsMax = answerMsMax;
    const tell = ({ message }: Error, pauseMs: number): void =>
      telemetry.warn('reading from Kafka failed; trying again', { why: message, pauseMs });
    this.#lasting = retriesWhile(() => true, RETRY, tell);
    this.#questions = retriesWhile(isUnavailable, RETRY, tell);
  }

  get current(): Cluster {
    return this.#current;
  }

  /** Whatever fails is tried again, until this is closed. */
  lasting<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
    return this.#retried(this.#lasting, work);
  }

  /** Tried again while brokers are away; the client has the metadata of the topic, and so has each that follows it. */
  async ask<T>(topic: string, question: (cluster: Cluster) => Promise<T>): Promise<T> {
    this.#topics.add(topic);
    return this.#retried(this.#questions, async (cluster) => {
      await this.#connect(cluster);
      await within(this.#answerMsMax, cluster.addTargetTopic(topic));
      return within(this.#answerMsMax, question(cluster));
    });
  }

  /** Ends what is under way, a long poll as well. */
  async close(): Promise<void> {
    this.#closing.abort();
    await within(this.#answerMsMax, this.#current.disconnect()).catch(() => undefined); // it need not answer
  }

  #retried<T>(policy: RetryPolicy, work: (cluster: Cluster) => Promise<T>): Promise<T> {
    let used: Cluster | null = null;
    return policy.execute(async () => {
      // Others who failed with the same one may have renewed it by now: that of theirs is not broken off.
      if (used === this.#current) await this.#renew();
      used = this.#current;
      return work(used);
    }, this.#closing.signal);
  }

  /** Once for all who come meanwhile: a client that is being connected says that it is before it can be asked. */
  async #connect(cluster: Cluster): Promise<void> {
    if (this.#connecting === null && cluster.isConnected()) return;
    this.#connecting ??= within(this.#answerMsMax, cluster.connect()).finally(() => {
      this.#connecting = null;
    });
    await this.#connecting;
  }

  async #renew(): Promise<void> {
    this.#renewing ??= this.#connectFresh().finally(() => {
      this.#renewing = null;
    });
    await this.#renewing;
  }

  async #connectFresh(): Promise<void> {
    this.#closing.signal.throwIfAborted();
    const fresh = this.#open();
    try {
      await within(this.#answerMsMax, fresh.connect());
      // Also of the topics that are first asked for meanwhile.
      for (let known = -1; known < this.#topics.size;) {
        known = this.#topics.size;
        await within(this.#answerMsMax, fresh.addMultipleTargetTopics([...this.#topics]));
      }
      this.#closing.signal.throwIfAborted();
    } catch (error) {
      fresh.disconnect().catch(() => undefined);
      throw error;
    }
    const old = this.#current;
    this.#current = fresh;
    old.disconnect().catch(() => undefined);
  }
}
