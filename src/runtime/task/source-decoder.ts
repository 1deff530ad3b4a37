// Decodes the fetches of one partition by its source's format (hot path, once per batch).
import type { Batch, RawBatch } from '../../core/batch.ts';
import { BatchBuilder, SourceColumns } from '../../core/batch-builder.ts';
import type { RecordFault } from '../../core/column-builder.ts';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { LIST_BATCH_BYTES_MAX } from '../../core/event-limits.ts';
import type { Schema } from '../../core/schema.ts';
import type { EventDecoder } from '../../ports/format.ts';
import type { Topology } from '../../topology/define.ts';
import type { SourceFormat } from '../../topology/source-format.ts';

export interface DecodedBatch {
  readonly batch: Batch;
  /** In the order of their records. */
  readonly faults: readonly RecordFault[];
  /** Records that the format says are no events. */
  readonly skipped: number;
}

/** One per partition: dictionaries are not shared between partitions. */
export async function openSourceDecoder(
  { source, watermarks }: Pick<Topology, 'source' | 'watermarks'>,
  format: Pick<SourceFormat, 'decoder'>,
): Promise<SourceDecoder> {
  const decoder = await format.decoder();
  return new SourceDecoder(decoder, source.eventTime, `source ${source.topic}`, watermarks.allowedAheadMs);
}

export class SourceDecoder {
  /** The columns of the source, before those that are sensitive are treated. */
  readonly schema: Schema;
  readonly #decoder: EventDecoder;
  readonly #columns: SourceColumns;

  /**
   * @param eventTime null for records without one
   * @param allowedAheadMs how far an event time may be ahead of its record's timestamp
   * @throws TOPOLOGY_INVALID if `eventTime` is not a number column
   */
  constructor(
    decoder: EventDecoder,
    eventTime: string | null,
    where: string,
    allowedAheadMs: number = Number.POSITIVE_INFINITY,
  ) {
    this.schema = decoder.schema;
    this.#decoder = decoder;
    if (eventTime !== null) checkEventTime(decoder.schema, eventTime, where);
    this.#columns = new SourceColumns(decoder.schema, eventTime, allowedAheadMs);
  }

  /** @see EventDecoder */
  prepare(raw: RawBatch): Promise<void> | undefined {
    return this.#decoder.prepare?.(raw);
  }

  /** The end of the records from `from` on that are decoded together, `to` at most: lists could make more of them too large. */
  endBefore({ values }: RawBatch, from: number, to: number): number {
    if (this.#columns.lists.length === 0) return to;
    let bytes = 0;
    for (let index = from; index < to; index++) {
      bytes += values.bytesAt(index);
      if (bytes > LIST_BATCH_BYTES_MAX && index > from) return index;
    }
    return to;
  }

  /** Records [from, to). */
  decode(raw: RawBatch, from: number, to: number): DecodedBatch {
    const into = this.#builder(raw, from, to);
    const decoded = this.#decodesAll(raw, from, to, into) ? into : this.#decodeSingly(raw, from, to);
    const { faults, skipped } = decoded;
    return { batch: decoded.batch(raw, to), faults, skipped };
  }

  /** The same without the rows whose bytes the log could not return: those are rejected for its reason. */
  #decodeReadable(raw: RawBatch, from: number, to: number, into: BatchBuilder): void {
    let next = from;
    for (const rows of raw.unreadable ?? []) {
      const end = Math.min(rows.to, to);
      if (end <= next) continue;
      const begin = Math.max(rows.from, next);
      if (begin >= to) break;
      if (begin > next) this.#decoder.decode(raw, next, begin, into);
      for (let index = begin; index < end; index++) into.reject(index, rows.code, rows.message);
      next = end;
    }
    if (next < to) this.#decoder.decode(raw, next, to, into);
  }

  #builder({ timestampMs }: RawBatch, from: number, to: number): BatchBuilder {
    return new BatchBuilder(this.#columns, from, to, this.#decoder.fillsRows ?? false, timestampMs);
  }

  /** False if the format broke its contract: it threw, or left records out. */
  #decodesAll(raw: RawBatch, from: number, to: number, into: BatchBuilder): boolean {
    try {
      this.#decodeReadable(raw, from, to, into);
      return into.next === to;
    } catch {
      return false;
    }
  }

  /** One record that a format cannot cope with must not take the others with it, or stop the partition. */
  #decodeSingly(raw: RawBatch, from: number, to: number): BatchBuilder {
    const into = this.#builder(raw, from, to);
    for (let index = from; index < to; index++) {
      const { row } = into;
      const faults = into.faults.length;
      let why = 'the format neither accepted nor rejected the record';
      try {
        this.#decodeReadable(raw, index, index + 1, into);
        if (into.next === index + 1) continue;
      } catch (error) {
        why = `the format failed: ${messageOf(error)}`;
      }
      into.rewind(row, faults, index);
      into.reject(index, 'EVENT_MALFORMED', why);
    }
    return into;
  }
}

function checkEventTime(schema: Schema, eventTime: string, where: string): void {
  if (schema[eventTime]?.kind === 'number') return;
  const numbers = Object.keys(schema).filter((name) => schema[name]?.kind === 'number');
  throw new MillraceError('TOPOLOGY_INVALID', `event time is not a number column: ${eventTime}`, {
    where,
    remedy: `Name one of ${numbers.join(', ')}.`,
  });
}
