// Connections to the brokers that last (control path): after a failure they are replaced by fresh ones before the next try.
// Connections that broke in the middle of a request may never answer again: kafkajs takes a connection that is closing
// for an open one, and waits for the answer to what it sends there.
import type { RetryPolicy } from 'cockatiel';
import type { Telemetry } from '../../ports/telemetry.ts';
import { retriesWhile } from '../../resilience/retries.ts';
import type { BrokerConnections } from './client/kafka-client.ts';
import { isUnavailable, isUnknownTopic, UNKNOWN_TOPIC_MS_MAX } from './client/kafka-error.ts';

const RETRY = { startMs: 50, maxMs: 2_000 };

interface RenewalOptions {
  /** Whether a topic is being read: fresh connections are of no use without it. */
  readonly isRead: (topic: string) => boolean;
  /** For how long a topic is asked for that no broker knows, ms. */
  readonly unknownTopicMs: number;
}

export class RenewedConnections {
  readonly #open: () => BrokerConnections;
  #current: BrokerConnections;
  /** The topics whose metadata fresh connections need as well. */
  readonly #topics = new Set<string>();
  /** Retries whatever fails. */
  readonly #lasting: RetryPolicy;
  readonly #away: (error: Error) => void;
  readonly #options: RenewalOptions;
  readonly #telemetry: Telemetry;
  readonly #where: string;
  #isAway = false;
  #renewing: Promise<void> | null = null;
  readonly #closing = new AbortController();

  /**
   * @param open makes connections that are not connected yet
   * @param where names them in the condition that is raised while brokers are away
   */
  constructor(
    open: () => BrokerConnections,
    telemetry: Telemetry,
    where: string,
    options: Partial<RenewalOptions> = {},
  ) {
    this.#open = open;
    this.#options = { isRead: () => false, unknownTopicMs: UNKNOWN_TOPIC_MS_MAX, ...options };
    this.#current = open();
    this.#telemetry = telemetry;
    this.#where = where;
    this.#away = ({ message }: Error): void => {
      this.#isAway = true;
      telemetry.raise('log_unavailable', where, message, { blocksReadiness: true });
    };
    this.#lasting = retriesWhile(() => true, RETRY, this.#away);
  }

  get current(): BrokerConnections {
    return this.#current;
  }

  /** Retries `work` after any failure, until this is closed. */
  lasting<T>(work: (connections: BrokerConnections) => Promise<T>): Promise<T> {
    return this.#retried(this.#lasting, work);
  }

  /**
   * Retries while brokers are unavailable, with the metadata of the topic loaded, here and in later connections.
   * @throws KafkaError (unavailable) for a topic that no broker gets to know
   */
  async ask<T>(topic: string, question: (connections: BrokerConnections) => Promise<T>): Promise<T> {
    const giveUpMs = performance.now() + this.#options.unknownTopicMs;
    const passes = (error: Error): boolean =>
      isUnavailable(error) && !(isUnknownTopic(error) && performance.now() >= giveUpMs);
    const failed = (error: Error): void => {
      if (!isUnknownTopic(error)) this.#away(error); // a broker has answered
    };
    return this.#retried(retriesWhile(passes, RETRY, failed), async (connections) => {
      this.#topics.add(topic); // first: connections may be renewed meanwhile
      await connections.connect();
      await connections.addTopics([topic]);
      return question(connections);
    });
  }

  /** Cancels requests in flight, including a long poll. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#current.disconnect().catch(() => undefined); // it need not answer
  }

  #retried<T>(policy: RetryPolicy, work: (connections: BrokerConnections) => Promise<T>): Promise<T> {
    let used: BrokerConnections | null = null;
    return policy.execute(async () => {
      // Another caller that failed with the same connections may have renewed them already: its own stay.
      if (used === this.#current) await this.#renew();
      used = this.#current;
      const result = await work(used);
      if (this.#isAway) {
        this.#isAway = false;
        this.#telemetry.clear('log_unavailable', this.#where);
      }
      return result;
    }, this.#closing.signal);
  }

  /** Once for all callers that come meanwhile. */
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
      await fresh.connect();
      // Topics may be added meanwhile.
      for (let known = -1; known < this.#topics.size;) {
        known = this.#topics.size;
        await this.#addTopics(fresh);
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

  /** A topic that is gone, and that has no reader, keeps no other from being read: the next request about it adds it. */
  async #addTopics(fresh: BrokerConnections): Promise<void> {
    try {
      await fresh.addTopics([...this.#topics]);
    } catch (error) {
      if (!isUnknownTopic(error)) throw error;
      for (const topic of this.#topics) await this.#addTopic(fresh, topic);
    }
  }

  async #addTopic(fresh: BrokerConnections, topic: string): Promise<void> {
    try {
      await fresh.addTopics([topic]);
    } catch (error) {
      if (!isUnknownTopic(error) || this.#options.isRead(topic)) throw error;
      this.#topics.delete(topic);
    }
  }
}
