// kafkajs as a producer: without a codec or with gzip, as the others need packages that its users add.
import { CompressionTypes, type Kafka, type Producer } from 'kafkajs';
import type { Sending, WorldProducer } from './client.ts';

export class KafkaJsProducer implements WorldProducer {
  readonly #kafka: Kafka;
  readonly #run: string;
  readonly #producers = new Map<boolean, Promise<Producer>>();
  #last: Promise<unknown> = Promise.resolve();

  /** @param run makes transactional ids unique */
  constructor(kafka: Kafka, run: string) {
    this.#kafka = kafka;
    this.#run = run;
  }

  #producer(isTransaction: boolean): Promise<Producer> {
    const known = this.#producers.get(isTransaction);
    if (known !== undefined) return known;
    const producer = this.#kafka.producer({
      idempotent: isTransaction,
      maxInFlightRequests: 1,
      ...(isTransaction ? { transactionalId: `gauntlet-kafkajs-${this.#run}` } : {}),
    });
    const connected = producer.connect().then(() => producer);
    this.#producers.set(isTransaction, connected);
    return connected;
  }

  /** One sending after the other: a transactional producer has one transaction at a time. */
  produce(sending: Sending): Promise<void> {
    const sent = this.#last.then(() => this.#send(sending));
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  async #send({ topic, codec, transaction, records }: Sending): Promise<void> {
    const producer = await this.#producer(transaction !== 'none');
    const messages = records.map(({ partition, timestampMs, key, value }) => ({
      partition,
      timestamp: String(timestampMs),
      key,
      value,
    }));
    const compression = codec === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None;
    if (transaction === 'none') {
      await producer.send({ topic, messages, compression });
      return;
    }
    const open = await producer.transaction();
    await open.send({ topic, messages, compression });
    await (transaction === 'commit' ? open.commit() : open.abort());
  }

  async close(): Promise<void> {
    const producers = await Promise.all(this.#producers.values());
    await Promise.all(producers.map((producer) => producer.disconnect()));
  }
}
