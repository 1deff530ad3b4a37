// The producers of a world: kafkajs in this process, Kafka's Java client and librdkafka in processes that all worlds share.

export const clientNames = ['kafkajs', 'java', 'python'] as const;
export type ClientName = (typeof clientNames)[number];

export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof codecs)[number];

export type Transaction = 'none' | 'commit' | 'abort';

export interface WorldRecord {
  readonly partition: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Records that one client sends together. */
export interface Sending {
  readonly topic: string;
  readonly codec: Codec;
  readonly transaction: Transaction;
  readonly records: readonly WorldRecord[];
}

export interface WorldProducer {
  /** Resolves once every record is acknowledged. */
  produce(sending: Sending): Promise<void>;
  close(): Promise<void>;
}

/** A record as a read_committed consumer sees it. */
export interface ReadRecord extends WorldRecord {
  readonly offset: number;
}
