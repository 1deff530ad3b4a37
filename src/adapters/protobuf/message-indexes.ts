// Reads messages behind a registry's frame (hot path): which message of the schema it is stands before the message.
// Source: https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
import type { ColumnBuilder } from '../../core/column-builder.ts';
import { messageOf } from '../../core/errors.ts';
import { PROTOBUF_DEPTH_MAX } from '../../core/event-limits.ts';
import type { RowFault, RowReader } from '../shared/row-reader.ts';
import { NO_INDEXES } from './row-faults.ts';
import { WireInput } from './wire-input.ts';

/** The reader of the message at these positions. Throws an Error that says why there is none. */
export type OpenMessage = (indexes: readonly number[]) => RowReader;

const FIRST = [0];
/** Positions without a message that are kept. */
const UNKNOWN_MAX = 256;

export class IndexedReader extends WireInput implements RowReader {
  readonly #openMessage: OpenMessage;
  readonly #where: string;
  /** Of the schema's first message, which a zero stands for. */
  #first: RowReader | RowFault | null = null;
  /** By the positions, as text. Few: there are no more than messages in the schema. */
  readonly #others = new Map<string, RowReader | RowFault>();
  /** The bytes of the positions that were read last, and the reader that they stand for. */
  #last: Uint8Array = new Uint8Array(0);
  #lastReader: RowReader | RowFault = NO_INDEXES;

  /** @param where the schema, for messages */
  constructor(openMessage: OpenMessage, where: string) {
    super();
    this.#openMessage = openMessage;
    this.#where = where;
  }

  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): RowFault | null {
    if (from >= to) return NO_INDEXES;
    if (bytes[from] === 0) {
      const reader = (this.#first ??= this.#open(FIRST));
      return 'code' in reader ? reader : reader.read(bytes, from + 1, to, into);
    }
    if (!this.#isLast(bytes, from, to)) {
      const fault = this.#find(bytes, from, to);
      if (fault !== null) return fault;
    }
    const reader = this.#lastReader;
    return 'code' in reader ? reader : reader.read(bytes, from + this.#last.length, to, into);
  }

  /** Whether the positions are those of the record before. */
  #isLast(bytes: Buffer, from: number, to: number): boolean {
    const last = this.#last;
    const length = last.length;
    if (length === 0 || to - from < length) return false;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== last[i]) return false;
    return true;
  }

  #find(bytes: Buffer, from: number, to: number): RowFault | null {
    this.enter(bytes, from, to);
    const count = this.#index();
    if (!(count > 0 && count <= PROTOBUF_DEPTH_MAX)) return NO_INDEXES;
    const indexes: number[] = [];
    for (let i = 0; i < count; i++) indexes.push(this.#index());
    if (indexes.some((index) => Number.isNaN(index))) return NO_INDEXES;
    this.#lastReader = this.#at(indexes);
    this.#last = Uint8Array.from(bytes.subarray(from, this.at - bytes.byteOffset));
    return null;
  }

  #at(indexes: readonly number[]): RowReader | RowFault {
    const name = indexes.join();
    const known = this.#others.get(name);
    if (known !== undefined) return known;
    const reader = this.#open(indexes);
    // A position that no message has is a fault of the record; producers can write any number of them.
    if (!('code' in reader) || this.#others.size < UNKNOWN_MAX) this.#others.set(name, reader);
    return reader;
  }

  #open(indexes: readonly number[]): RowReader | RowFault {
    try {
      return this.#openMessage(indexes);
    } catch (error) {
      return {
        code: 'SCHEMA_INVALID',
        message: `${this.#where} cannot be read by the topology's: ${messageOf(error)}`,
      };
    }
  }

  /** A zigzag varint; NaN if there is none that is a position. */
  #index(): number {
    if (this.varint() !== null || this.high !== 0 || (this.low & 1) !== 0) return Number.NaN;
    return this.low >>> 1;
  }
}
