// Reads Avro binary of one schema straight into columns (hot path): no object, string or closure per event.
import type { ColumnBuilder } from '../../core/column-builder.ts';
import { MS_PER_DAY } from '../../core/time.ts';
import type { RowFault, RowReader } from '../shared/row-reader.ts';
import { BinaryInput } from './binary-input.ts';
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
import {
  NO_BOOLEAN,
  NO_BRANCH,
  NO_STRING,
  NO_SYMBOL,
  OVERLONG,
  stringFault,
  TRAILING,
  TRUNCATED,
} from './row-faults.ts';

/** Reading an instant in another unit than milliseconds, beside the types of Avro. */
const OP_MILLIS_OF_MICROS = 8;
const OP_MILLIS_OF_NANOS = 9;
const OP_MILLIS_OF_DAYS = 10;
/** Nanoseconds of the present are beyond 2^53: the nearest Float64 is a quarter of a microsecond away at most. */
const OP_NEAREST = 11;
/** A long that is the event time: beyond 2^53 too, as the range of event times has a code of its own. */
const OP_TIME = 12;

const MICROS_PER_MS = 1e3;
const NANOS_PER_MS = 1e6;

function readOp({ op, unit, columnUnit, isEventTime }: FieldPlan): number {
  if (isEventTime && op === OP_LONG && (unit === null || unit === 'ms')) return OP_TIME;
  if (unit === 'ns') return columnUnit === 'ms' ? OP_MILLIS_OF_NANOS : OP_NEAREST;
  if (unit === columnUnit || columnUnit !== 'ms') return op;
  if (unit === 'us') return OP_MILLIS_OF_MICROS;
  return unit === 'days' ? OP_MILLIS_OF_DAYS : op;
}

export class ColumnarReader extends BinaryInput implements RowReader {
  readonly #ops: Uint8Array;
  readonly #nullBranches: Int8Array;
  readonly #symbolCounts: Int32Array;

  constructor(fields: readonly FieldPlan[]) {
    super();
    this.#ops = Uint8Array.from(fields, (field) => readOp(field));
    this.#nullBranches = Int8Array.from(fields, (field) => field.nullBranch);
    this.#symbolCounts = Int32Array.from(fields, (field) => field.symbols.length);
  }

  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): RowFault | null {
    const { numbers, codes, row } = into;
    const origin = bytes.byteOffset;
    this.enter(bytes, from, to);
    const { memory } = this;
    const end = this.end;
    const count = this.#ops.length;
    for (let field = 0; field < count; field++) {
      const nullBranch = this.#nullBranches[field] as number;
      if (nullBranch >= 0) {
        const branch = this.varint();
        if (branch !== 0 && branch !== 1) return this.at > end ? TRUNCATED : NO_BRANCH;
        if (branch === nullBranch) {
          into.setNull(field);
          continue;
        }
      }
      switch (this.#ops[field] as number) {
        case OP_STRING: {
          const length = this.varint();
          const start = this.at;
          if (!(length >= 0 && length <= end - start)) return stringFault(length, start, end);
          this.at = start + length;
          if (!into.setUtf8(field, bytes, start - origin, start + length - origin)) return NO_STRING;
          break;
        }
        case OP_DOUBLE:
          if ((this.at += 8) > end) return TRUNCATED;
          (numbers[field] as Float64Array)[row] = memory.view.getFloat64(this.at - 8, true);
          break;
        case OP_FLOAT:
          if ((this.at += 4) > end) return TRUNCATED;
          (numbers[field] as Float64Array)[row] = memory.view.getFloat32(this.at - 4, true);
          break;
        case OP_LONG: {
          const value = this.varint();
          if (value !== value) return this.at > end ? TRUNCATED : OVERLONG;
          (numbers[field] as Float64Array)[row] = value;
          break;
        }
        case OP_INT: {
          const value = this.varint();
          if (value !== (value | 0)) return this.at > end ? TRUNCATED : OVERLONG;
          (numbers[field] as Float64Array)[row] = value;
          break;
        }
        case OP_ENUM: {
          const symbol = this.varint();
          if (!(symbol >= 0 && symbol < (this.#symbolCounts[field] as number))) {
            return this.at > end ? TRUNCATED : NO_SYMBOL;
          }
          (codes[field] as Int32Array)[row] = symbol;
          break;
        }
        case OP_BOOLEAN: {
          if (this.at >= end) return TRUNCATED;
          const value = memory.octets[this.at++] as number;
          if (value > 1) return NO_BOOLEAN;
          (numbers[field] as Float64Array)[row] = value;
          break;
        }
        default: {
          const fault = this.#uncommon(field, into);
          if (fault !== null) return fault;
        }
      }
    }
    return this.at === end ? null : TRAILING;
  }

  /** Null, and instants in another unit than the column's. */
  #uncommon(field: number, into: ColumnBuilder): RowFault | null {
    const op = this.#ops[field] as number;
    if (op === OP_NULL) {
      into.setNull(field);
      return null;
    }
    const { numbers, row } = into;
    const values = numbers[field] as Float64Array;
    if (op === OP_MILLIS_OF_DAYS) {
      const days = this.varint();
      if (days !== (days | 0)) return this.at > this.end ? TRUNCATED : OVERLONG;
      values[row] = days * MS_PER_DAY;
      return null;
    }
    if (op === OP_TIME) {
      const start = this.at;
      const value = this.varint();
      values[row] = value;
      if (value === value) return null;
      this.at = start;
    }
    if (!this.wide()) return this.at > this.end ? TRUNCATED : OVERLONG;
    if (op === OP_NEAREST || op === OP_TIME) values[row] = this.nearest();
    else values[row] = this.quotient(op === OP_MILLIS_OF_NANOS ? NANOS_PER_MS : MICROS_PER_MS);
    return null;
  }
}
