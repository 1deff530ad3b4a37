// The door for events that a request brings (control path, once a request): checks and encodes its rows, writes them in one
// transaction with the record of its idempotency key, and says where they are.
import type { Telemetry } from '../../ports/telemetry.ts';
import type { EventLog, LogRecord } from '../../ports/event-log.ts';
import type { Idempotency, Ingest, IngestResult, SentRows, WrittenRows } from '../../ports/ingest.ts';
import type { KnownKeys } from './known-keys.ts';
import { encodeKeyRecord } from './key-record.ts';
import type { BlockOffsets, RecordQueue } from './record-queue.ts';
import type { EncodedRows, RowEncoder } from './row-encoder.ts';

export interface TopicIngestParts {
  readonly topology: string;
  readonly topic: string;
  readonly log: Pick<EventLog, 'partitionCount'>;
  readonly queue: RecordQueue;
  readonly keys: KnownKeys;
  /** Opened with the first request; again if that failed. */
  readonly encoder: () => Promise<RowEncoder>;
  /** Whether the process still reads a file into the topic: events are then refused. */
  readonly isReplaying: () => boolean;
  readonly telemetry: Pick<Telemetry, 'count' | 'observe'>;
  /** Wall clock, ms. */
  readonly nowMs: () => number;
}

interface Pending {
  readonly digest: string;
  readonly result: Promise<IngestResult>;
}

export class TopicIngest implements Ingest {
  readonly #parts: TopicIngestParts;
  #encoder: Promise<RowEncoder> | null = null;
  /** Requests under way, by idempotency key. */
  readonly #pending = new Map<string, Pending>();

  constructor(parts: TopicIngestParts) {
    this.#parts = parts;
  }

  get topic(): string {
    return this.#parts.topic;
  }

  async write(sent: SentRows): Promise<IngestResult> {
    const startMs = performance.now();
    const { idempotency } = sent;
    if (this.#parts.isReplaying()) return notWritten('replaying');
    const result = await (idempotency === null ? this.#write(sent, null) : this.#once(sent, idempotency));
    this.#count(result, performance.now() - startMs);
    return result;
  }

  close(): Promise<void> {
    return this.#parts.queue.close();
  }

  /** A request that comes again while the first is under way has the outcome of that one. */
  async #once(sent: SentRows, idempotency: Idempotency): Promise<IngestResult> {
    const { key, digest } = idempotency;
    const first = this.#pending.get(key);
    if (first !== undefined) {
      if (first.digest !== digest) return notWritten('conflict');
      return { ...(await first.result), repeated: true };
    }
    const result = this.#ifNew(sent, idempotency);
    this.#pending.set(key, { digest, result });
    try {
      return await result;
    } finally {
      this.#pending.delete(key);
    }
  }

  async #ifNew(sent: SentRows, idempotency: Idempotency): Promise<IngestResult> {
    const { queue, keys } = this.#parts;
    await queue.writer(); // a transaction that the writer before left open has ended
    await keys.settled();
    const known = keys.get(idempotency.key);
    if (known === undefined) return this.#write(sent, idempotency);
    if (known.digest !== idempotency.digest) return notWritten('conflict');
    const encoded = await this.#encode(sent);
    const accepted = known.written.reduce((sum, { rows }) => sum + rows, 0);
    // What is valid by now, such as an event that was ahead of the clock, is not in the log all the same.
    const rejected = encoded.accepted + encoded.rejected - accepted;
    const { faults } = encoded;
    return { outcome: 'written', accepted, rejected, faults, written: known.written, repeated: true };
  }

  async #write(sent: SentRows, idempotency: Idempotency | null): Promise<IngestResult> {
    const { queue, topic, keys } = this.#parts;
    const encoded = await this.#encode(sent);
    const { blocks, accepted, rejected, faults, bytes, isTooMany } = encoded;
    const none = { accepted: 0, rejected, faults, written: [], repeated: false };
    if (isTooMany) return { outcome: 'too_many', ...none };
    if (rejected > 0 && (!sent.partial || accepted === 0)) {
      this.#refused('beside_invalid', accepted);
      return { outcome: 'refused', ...none };
    }
    if (accepted === 0) return { outcome: 'written', ...none };
    const records = idempotency === null ? [] : [this.#keyRecord(idempotency, encoded)];
    const offsets = await queue.write({
      blocks: blocks.map((block) => ({ topic, block })),
      ...(records.length === 0 ? {} : { records: { topic: keys.topic, records } }),
      bytes,
    });
    const written = blocks.map(({ values }, i) => writtenRows(values.length, offsets[i]));
    if (idempotency !== null) keys.set(idempotency.key, { digest: idempotency.digest, written });
    return { outcome: 'written', accepted, rejected, faults, written, repeated: false };
  }

  async #encode(sent: SentRows): Promise<EncodedRows> {
    const { queue, topic, log } = this.#parts;
    const writer = await queue.writer();
    this.#encoder ??= this.#parts.encoder();
    const encoder = await this.#encoder.catch((error: unknown) => {
      this.#encoder = null;
      throw error;
    });
    return encoder.encode(sent, await log.partitionCount(topic), writer.recordBytesMax(topic));
  }

  #keyRecord({ key, digest }: Idempotency, { blocks }: EncodedRows): LogRecord {
    const written = blocks.map(({ partition, values }) => ({
      partition,
      rows: values.length,
      firstOffset: null,
      lastOffset: null,
    }));
    return {
      key: Buffer.from(key),
      value: encodeKeyRecord({ digest, written }),
      timestampMs: this.#parts.nowMs(),
      partition: 0,
    };
  }

  #count({ accepted, rejected, repeated }: IngestResult, ms: number): void {
    const { telemetry, topology } = this.#parts;
    this.#refused('invalid', rejected);
    if (repeated || accepted === 0) return;
    telemetry.count('events_ingested_total', accepted, { topology });
    telemetry.observe('ingest_duration_seconds', ms, { topology });
  }

  #refused(reason: string, rows: number): void {
    const { telemetry, topology } = this.#parts;
    if (rows > 0) telemetry.count('events_refused_total', rows, { topology, reason });
  }
}

function notWritten(outcome: IngestResult['outcome']): IngestResult {
  return { outcome, accepted: 0, rejected: 0, faults: [], written: [], repeated: false };
}

function writtenRows(rows: number, at: BlockOffsets | undefined): WrittenRows {
  return {
    partition: at?.partition ?? 0,
    rows,
    firstOffset: at?.first ?? null,
    lastOffset: at?.last ?? null,
  };
}
