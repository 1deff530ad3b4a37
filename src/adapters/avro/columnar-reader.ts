// Reads Avro binary of one schema straight into columns (hot path): no object, string or closure per event.
// Source of the encoding: https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
import { byteViewOf, type ByteView } from '../../core/byte-dictionary.ts';
import type { ColumnBuilder } from '../../core/column-builder.ts';
import {
  OP_BOOLEAN,
  OP_DOUBLE,
  OP_ENUM,
  OP_FLOAT,
  OP_INT,
  OP_LONG,
  OP_NULL,
  OP_STRING,
  type FieldPlan,
} from './column-plan.ts';

/** Reads the record in bytes [from, to) into the current row; returns what is wrong with it, or null. */
export interface RowReader {
  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): string | null;
}

const TRUNCATED = 'the bytes end within the record';
const TRAILING = 'bytes are left after the record';
const OVERLONG = 'an integer is outside its range';
const NO_BRANCH = 'a union names a branch that it does not have';
const NO_SYMBOL = 'an enum names a symbol that it does not have';
const NO_BOOLEAN = 'a boolean is neither 0 nor 1';
const NO_STRING = 'a string is not UTF-8';
const BAD_LENGTH = 'a string has a negative length';

/** Returned by #varint if the bytes are cut short or the number has no exact Float64. */
const BAD = Number.NaN;
const TWO_27 = 2 ** 27;
/** 64 bits in groups of seven. */
const VARINT_BYTES_MAX = 10;

export class ColumnarReader implements RowReader {
  readonly #ops: Uint8Array;
  readonly #nullBranches: Int8Array;
  readonly #symbolCounts: Int32Array;
  /** The memory that many records share; positions refer to it. */
  #memory: ByteView = byteViewOf(new ArrayBuffer(0));
  #octets: Uint8Array = this.#memory.octets;
  #at = 0;
  #end = 0;

  constructor(fields: readonly FieldPlan[]) {
    this.#ops = Uint8Array.from(fields, (field) => field.op);
    this.#nullBranches = Int8Array.from(fields, (field) => field.nullBranch);
    this.#symbolCounts = Int32Array.from(fields, (field) => field.symbols.length);
  }

  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): string | null {
    const { numbers, codes, row } = into;
    const origin = bytes.byteOffset;
    const memory = this.#enter(bytes, from, to);
    const end = this.#end;
    const count = this.#ops.length;
    for (let field = 0; field < count; field++) {
      const nullBranch = this.#nullBranches[field] as number;
      if (nullBranch >= 0) {
        const branch = this.#varint();
        if (branch !== 0 && branch !== 1) return this.#at > end ? TRUNCATED : NO_BRANCH;
        if (branch === nullBranch) {
          into.setNull(field);
          continue;
        }
      }
      switch (this.#ops[field] as number) {
        case OP_STRING: {
          const length = this.#varint();
          const start = this.#at;
          if (!(length >= 0 && length <= end - start)) return stringFault(length, start, end);
          this.#at = start + length;
          if (!into.setUtf8(field, bytes, start - origin, start + length - origin)) return NO_STRING;
          break;
        }
        case OP_DOUBLE:
          if ((this.#at += 8) > end) return TRUNCATED;
          (numbers[field] as Float64Array)[row] = memory.view.getFloat64(this.#at - 8, true);
          break;
        case OP_FLOAT:
          if ((this.#at += 4) > end) return TRUNCATED;
          (numbers[field] as Float64Array)[row] = memory.view.getFloat32(this.#at - 4, true);
          break;
        case OP_LONG: {
          const value = this.#varint();
          if (value !== value) return this.#at > end ? TRUNCATED : OVERLONG;
          (numbers[field] as Float64Array)[row] = value;
          break;
        }
        case OP_INT: {
          const value = this.#varint();
          if (value !== (value | 0)) return this.#at > end ? TRUNCATED : OVERLONG;
          (numbers[field] as Float64Array)[row] = value;
          break;
        }
        case OP_ENUM: {
          const symbol = this.#varint();
          if (!(symbol >= 0 && symbol < (this.#symbolCounts[field] as number))) {
            return this.#at > end ? TRUNCATED : NO_SYMBOL;
          }
          (codes[field] as Int32Array)[row] = symbol;
          break;
        }
        case OP_BOOLEAN: {
          if (this.#at >= end) return TRUNCATED;
          const value = memory.octets[this.#at++] as number;
          if (value > 1) return NO_BOOLEAN;
          (numbers[field] as Float64Array)[row] = value;
          break;
        }
        case OP_NULL:
        default:
          into.setNull(field);
      }
    }
    return this.#at === end ? null : TRAILING;
  }

  /** Starts reading bytes [from, to); returns their memory. */
  #enter(bytes: Buffer, from: number, to: number): ByteView {
    if (bytes.buffer !== this.#memory.view.buffer) {
      this.#memory = byteViewOf(bytes.buffer);
      this.#octets = this.#memory.octets;
    }
    this.#at = bytes.byteOffset + from;
    this.#end = bytes.byteOffset + to;
    return this.#memory;
  }

  /** A zigzag varint of up to 64 bits, exact up to 2^53 - 1; BAD beyond, or past the end (#at is then > end). */
  #varint(): number {
    const octets = this.#octets;
    const end = this.#end;
    let at = this.#at;
    if (at >= end) {
      this.#at = end + 1;
      return BAD;
    }
    let byte = octets[at++] as number;
    if (byte < 0x80) {
      this.#at = at;
      return (byte >>> 1) ^ -(byte & 1);
    }
    let low = byte & 0x7f;
    let shift = 7;
    while (shift < 28) {
      if (at >= end) {
        this.#at = end + 1;
        return BAD;
      }
      byte = octets[at++] as number;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#at = at;
        return (low >>> 1) ^ -(low & 1);
      }
      shift += 7;
    }
    // The rest as Float64, since shifts would wrap at 32 bits; without the sign bit, so that 2^53 - 1 stays exact.
    let half = low >>> 1;
    let scale = TWO_27;
    for (let i = 4; i < VARINT_BYTES_MAX; i++) {
      if (at >= end) {
        this.#at = end + 1;
        return BAD;
      }
      byte = octets[at++] as number;
      half += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        this.#at = at;
        if (half > Number.MAX_SAFE_INTEGER) return BAD;
        return (low & 1) === 1 ? -half - 1 : half;
      }
    }
    this.#at = at;
    return BAD;
  }
}

function stringFault(length: number, start: number, end: number): string {
  return start > end || length > end - start ? TRUNCATED : BAD_LENGTH;
}
