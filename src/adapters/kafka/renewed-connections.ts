// Connections to the brokers that last (control path): after a failure they are replaced by fresh ones before the next try.
// Connections that broke in the middle of a request may never answer again: kafkajs takes a connection that is closing
// for an open one, and waits for the answer to what it sends there.
import type { RetryPolicy } from 'cockatiel';
import type { Telemetry } from '../../ports/telemetry.ts';
import { retriesWhile } from '../../resilience/retries.ts';
import type { BrokerConnections } from './client/kafka-client.ts';
import { isUnavailable } from './client/kafka-error.ts';

const RETRY = { startMs: 50, maxMs: 2_000 };

export class RenewedConnections {
  readonly #open: () => BrokerConnections;
  #current: BrokerConnections;
  /** The topics whose metadata fresh connections need as well. */
  readonly #topics = new Set<string>();
  /** Retries whatever fails. */
  readonly #lasting: RetryPolicy;
  /** Retries while brokers are unavailable. */
  readonly #questions: RetryPolicy;
  #renewing: Promise<void> | null = null;
  readonly #closing = new AbortController();

  /** @param open makes connections that are not connected yet */
  constructor(open: () => BrokerConnections, telemetry: Telemetry) {
    this.#open = open;
    this.#current = open();
    const warn = ({ message }: Error, pauseMs: number): void =>
      telemetry.warn('reading from Kafka failed; retrying', { why: message, pauseMs });
    this.#lasting = retriesWhile(() => true, RETRY, warn);
    this.#questions = retriesWhile(isUnavailable, RETRY, warn);
  }

  get current(): BrokerConnections {
    return this.#current;
  }

  /** Retries `work` after any failure, until this is closed. */
  lasting<T>(work: (connections: BrokerConnections) => Promise<T>): Promise<T> {
    return this.#retried(this.#lasting, work);
  }

  /** Retries while brokers are unavailable, with the metadata of the topic loaded, here and in later connections. */
  async ask<T>(topic: string, question: (connections: BrokerConnections) => Promise<T>): Promise<T> {
    this.#topics.add(topic);
    return this.#retried(this.#questions, async (connections) => {
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
      return work(used);
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
        await fresh.addTopics([...this.#topics]);
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
