// RecordPublisher on one idempotent kafkajs producer (control path), connected on first use, and replaced if it does not
// answer, as kafkajs may wait forever on a connection that broke.
import type { Kafka, Message, Producer, RetryOptions } from 'kafkajs';
import type { LogRecord } from '../../../ports/event-log.ts';
import type { PublishLimits, RecordPublisher } from './kafka-client.ts';
import { INVALID_TIMESTAMP } from './error-codes.ts';
import { isAnswer, isCodeOf, isUnavailable } from './kafka-error.ts';
import { classified, toKafkaError } from './kafkajs-errors.ts';
import { CHOSEN_PARTITION, MessageShaper, stamped } from './kafkajs-messages.ts';

/** Short waits at first, and long enough in all for a broker to come back: callers of `publish` do not retry. */
const RETRY: RetryOptions = {
  initialRetryTime: 5,
  multiplier: 2,
  factor: 0.5,
  maxRetryTime: 5_000,
  retries: 14,
};

interface Shared {
  readonly producer: Promise<Producer>;
  /** Sends that are under way. */
  uses: number;
}

export class KafkajsPublisher implements RecordPublisher {
  readonly #kafka: Kafka;
  readonly #shaper = new MessageShaper();
  #shared: Shared | null = null;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  async publish(
    topic: string,
    records: readonly LogRecord[],
    partitionCount: number,
    limits: PublishLimits,
  ): Promise<void> {
    const shared = (this.#shared ??= { producer: this.#connect(), uses: 0 });
    shared.uses += 1;
    try {
      await classified(async () => {
        const producer = await shared.producer;
        for (const messages of this.#shaper.sends(records, partitionCount, limits.sendBytesMax))
          await send(producer, topic, messages, limits);
      });
    } catch (error) {
      if (isUnavailable(error) && !isAnswer(error) && this.#shared === shared) this.#shared = null;
      throw error;
    } finally {
      shared.uses -= 1;
      // Only when no other send uses it: a send on a disconnected producer would connect it again.
      if (this.#shared !== shared && shared.uses === 0) void disconnect(shared);
    }
  }

  async close(): Promise<void> {
    const shared = this.#shared;
    this.#shared = null;
    if (shared !== null) await disconnect(shared);
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: CHOSEN_PARTITION,
      retry: RETRY,
      allowAutoTopicCreation: false,
    });
    try {
      await producer.connect();
    } catch (error) {
      this.#shared = null;
      throw error;
    }
    return producer;
  }
}

/** Again with other times if the broker's clock is not this process's. */
async function send(
  producer: Producer,
  topic: string,
  messages: readonly Message[],
  limits: PublishLimits,
): Promise<void> {
  try {
    await producer.send({ topic, messages: stamped(messages, limits.times(Date.now())) });
  } catch (cause) {
    const error = toKafkaError(cause);
    if (!isCodeOf(error, INVALID_TIMESTAMP) || !limits.mayLearn()) throw error;
    limits.learnTimes('', Date.now());
    await send(producer, topic, messages, limits);
  }
}

async function disconnect({ producer }: Shared): Promise<void> {
  await producer.then((it) => it.disconnect()).catch(() => undefined); // it may not even have connected
}
