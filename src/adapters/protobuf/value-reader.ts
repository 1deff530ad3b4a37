// Reads the values of fields into columns (hot path), by what the column holds.
import { isUtf8 } from 'node:buffer';
import type { ColumnBuilder } from '../../core/column-builder.ts';
import { instantMs } from '../../core/instant.ts';
import { DATE_MS_MAX } from '../../core/limits.ts';
import type { RowFault } from '../shared/row-reader.ts';
import {
  ANY_NUMBER,
  FLOAT,
  INSTANT,
  INT,
  LONG,
  OP_BOOL,
  OP_CODE,
  OP_ENUM_NUMBER,
  OP_FIXED32,
  OP_FIXED64,
  OP_INT32,
  OP_INT64,
  OP_NANOS,
  OP_SECONDS,
  OP_SFIXED32,
  OP_SINT32,
  OP_SINT64,
  OP_UINT32,
  OP_UINT64,
} from './field-ops.ts';
import type { FieldPlan, MessagePlan } from './message-plan.ts';
import { malformed } from './row-faults.ts';
import { NO_INSTANT, NO_SYMBOL, OUT_OF_RANGE, RowState } from './row-state.ts';
import { WireInput } from './wire-input.ts';

const TWO_32 = 2 ** 32;

export class ValueReader extends WireInput {
  protected readonly plan: MessagePlan;
  protected readonly row: RowState;
  /** By node: what a Timestamp or Duration has so far, as its two fields may be in several pieces. */
  protected readonly seconds: Float64Array;
  protected readonly nanos: Float64Array;
  protected into!: ColumnBuilder;

  constructor(plan: MessagePlan) {
    super();
    this.plan = plan;
    this.row = new RowState(plan);
    this.seconds = new Float64Array(plan.nodeCount);
    this.nanos = new Float64Array(plan.nodeCount);
  }

  protected string(column: number): RowFault | null {
    const fault = this.length();
    if (fault !== null) return fault;
    const start = this.at;
    this.at = start + this.low;
    const { bytes, origin } = this;
    if (this.into.setUtf8(column, bytes, start - origin, this.at - origin)) this.row.has(column);
    else if (isUtf8(this.octets.subarray(start, this.at))) this.row.misfit(column, NO_SYMBOL);
    else return this.#notUtf8(column);
    return null;
  }

  /** What the varint in `low` and `high` is; false for the number of a closed enum that it does not have, as if it were not there. */
  protected varintValue(field: FieldPlan): boolean {
    const { op, column, check } = field;
    const { low, high } = this;
    switch (op) {
      case OP_INT64:
        this.fit(column, check, high * TWO_32 + (low >>> 0));
        return true;
      case OP_INT32:
        this.fit(column, check, low);
        return true;
      case OP_BOOL:
        this.row.number(column, (low | high) === 0 ? 0 : 1);
        return true;
      case OP_UINT32:
        this.fit(column, check, low >>> 0);
        return true;
      case OP_SINT32:
        this.fit(column, check, (low >>> 1) ^ -(low & 1));
        return true;
      case OP_UINT64:
        this.fit(column, check, (high >>> 0) * TWO_32 + (low >>> 0));
        return true;
      case OP_SINT64: {
        const sign = -(low & 1);
        const half = (high >>> 1) ^ sign;
        this.fit(column, check, half * TWO_32 + ((((low >>> 1) | (high << 31)) ^ sign) >>> 0));
        return true;
      }
      case OP_SECONDS:
        this.seconds[column] = high * TWO_32 + (low >>> 0);
        return true;
      case OP_NANOS:
        this.nanos[column] = low;
        return true;
      default:
        return this.#enum(field, low);
    }
  }

  #enum({ op, column, names, codes, isOpen, check }: FieldPlan, number: number): boolean {
    const name = (names as ReadonlyMap<number, string>).get(number); // an enum has names
    if (name === undefined && !isOpen) return false;
    if (op === OP_ENUM_NUMBER) this.fit(column, check, number);
    else if (op === OP_CODE) {
      const code = (codes as ReadonlyMap<number, number>).get(number) ?? -1; // this op has codes
      if (code >= 0) this.row.code(column, code);
      else this.row.misfit(column, NO_SYMBOL);
    } else if (name === undefined) this.row.misfit(column, NO_SYMBOL);
    else {
      this.into.setString(column, name);
      this.row.has(column);
    }
    return true;
  }

  /** False if the bytes end within it. */
  protected fixed({ op, column, check }: FieldPlan): boolean {
    const { view } = this.memory;
    this.at += op === OP_FIXED32 || op === OP_SFIXED32 ? 4 : 8;
    if (this.at > this.end) return false;
    const at = this.at - 4;
    const last = op === OP_FIXED32 || op === OP_FIXED64 ? view.getUint32(at, true) : view.getInt32(at, true);
    const value =
      op === OP_FIXED32 || op === OP_SFIXED32 ? last : last * TWO_32 + view.getUint32(at - 4, true);
    this.fit(column, check, value);
    return true;
  }

  protected textTime({ column }: FieldPlan): RowFault | null {
    const fault = this.length();
    if (fault !== null) return fault;
    const start = this.at;
    this.at = start + this.low;
    if (this.low === 0) {
      this.row.forget(column); // as a field that is not set
      return null;
    }
    const timeMs = instantMs(this.octets, start, this.at);
    if (timeMs === timeMs) this.row.number(column, timeMs);
    else if (isUtf8(this.octets.subarray(start, this.at))) this.row.misfit(column, NO_INSTANT);
    else return this.#notUtf8(column);
    return null;
  }

  protected fit(column: number, check: number, value: number): void {
    if (check === ANY_NUMBER) {
      this.row.number(column, value);
      return;
    }
    const fitting = numberIn(check, value);
    if (fitting === fitting || value !== value) this.row.number(column, fitting);
    else this.row.misfit(column, OUT_OF_RANGE);
  }

  #notUtf8(column: number): RowFault {
    return malformed(`'${this.plan.columns[column]?.name}' is not UTF-8`);
  }
}

/** The value of a number in a column; NaN if it is none. */
function numberIn(check: number, value: number): number {
  switch (check) {
    case FLOAT: {
      const nearest = Math.fround(value);
      return Number.isFinite(value) && !Number.isFinite(nearest) ? Number.NaN : nearest;
    }
    case INT:
      return value === (value | 0) ? value : Number.NaN;
    case LONG:
      return Number.isSafeInteger(value) ? value : Number.NaN;
    case INSTANT:
      return Math.abs(value) <= DATE_MS_MAX ? value : Number.NaN;
    default:
      return value;
  }
}
