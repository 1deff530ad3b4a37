// Reads the values of fields into columns (hot path), by what the column holds.
import type { EpochUnit } from '../../core/columns.ts';
import { epochMs, epochMsOfInt64 } from '../../core/epoch-number.ts';
import { DATE_MS_MAX } from '../../core/event-limits.ts';
import { isInstant, MS_PER_SECOND } from '../../core/time.ts';
import { ExactReader } from './exact-reader.ts';
import {
  ANY_NUMBER,
  DIGITS,
  EPOCH,
  EPOCH_TIME,
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
  OP_SFIXED64,
  OP_SINT32,
  OP_SINT64,
  OP_UINT32,
  OP_UINT64,
  SCALED,
} from './field-ops.ts';
import type { FieldPlan, MessageNode, MessagePlan } from './message-plan.ts';
import { NO_SYMBOL, OUT_OF_RANGE } from './row-state.ts';

const TWO_32 = 2 ** 32;
const NANOS_PER_MS = 1e6;

export class ValueReader extends ExactReader {
  /** By node: what a Timestamp or Duration has so far, as its two fields may be in several pieces. */
  protected readonly seconds: Float64Array;
  protected readonly nanos: Float64Array;

  constructor(plan: MessagePlan) {
    super(plan);
    this.seconds = new Float64Array(plan.nodeCount);
    this.nanos = new Float64Array(plan.nodeCount);
  }

  /** What the varint in `low` and `high` is; false for the number of a closed enum that it does not have, as if it were not there. */
  protected varintValue(field: FieldPlan): boolean {
    const { op, column, check, digits } = field;
    const { low, high } = this;
    if (check >= DIGITS) return check === DIGITS ? this.varintDigits(op, column) : this.#varintEpoch(field);
    switch (op) {
      case OP_INT64:
        this.fit(column, check, high * TWO_32 + (low >>> 0), digits);
        return true;
      case OP_INT32:
        this.fit(column, check, low, digits);
        return true;
      case OP_BOOL:
        this.row.number(column, (low | high) === 0 ? 0 : 1);
        return true;
      case OP_UINT32:
        this.fit(column, check, low >>> 0, digits);
        return true;
      case OP_SINT32:
        this.fit(column, check, (low >>> 1) ^ -(low & 1), digits);
        return true;
      case OP_UINT64:
        this.fit(column, check, (high >>> 0) * TWO_32 + (low >>> 0), digits);
        return true;
      case OP_SINT64: {
        const sign = -(low & 1);
        const half = (high >>> 1) ^ sign;
        this.fit(column, check, half * TWO_32 + ((((low >>> 1) | (high << 31)) ^ sign) >>> 0), digits);
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

  /** True. */
  #varintEpoch({ op, column, check, unit }: FieldPlan): true {
    const { low, high } = this;
    const isZigzag = op === OP_SINT32 || op === OP_SINT64;
    const sign = isZigzag ? -(low & 1) : 0;
    const below = isZigzag ? ((low >>> 1) | (op === OP_SINT64 ? high << 31 : 0)) ^ sign : low;
    let above = isZigzag ? (high >>> 1) ^ sign : high;
    if (op === OP_INT32 || op === OP_SINT32) above = below >> 31;
    else if (op === OP_UINT32) above = 0;
    else if (op === OP_UINT64) above >>>= 0;
    this.#instant(column, check, epochMsOfInt64(above, below >>> 0, unit as EpochUnit)); // this check has one
    return true;
  }

  /** @param check EPOCH, or EPOCH_TIME */
  #instant(column: number, check: number, timeMs: number): void {
    const fits = timeMs === timeMs && (check === EPOCH_TIME || isInstant(timeMs));
    if (fits) this.row.number(column, timeMs);
    else this.row.misfit(column, OUT_OF_RANGE);
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

  /** Milliseconds, with their fraction in a column that can hold it. */
  protected setTime({ id, timeColumn, timeCheck }: MessageNode): void {
    const millis = (this.nanos[id] as number) / NANOS_PER_MS;
    const hasFraction = timeCheck === ANY_NUMBER || timeCheck === FLOAT;
    const value = (this.seconds[id] as number) * MS_PER_SECOND + (hasFraction ? millis : Math.floor(millis));
    this.fit(timeColumn, timeCheck, value);
  }

  protected unset({ columns, nodes }: NonNullable<FieldPlan['unsets']>): void {
    for (let i = 0; i < columns.length; i++) this.row.forget(columns[i] as number);
    for (let i = 0; i < nodes.length; i++) this.row.leaveNode(nodes[i] as number);
  }

  /** False if the bytes end within it. */
  protected fixed(field: FieldPlan): boolean {
    const { op, column, check, digits, unit } = field;
    const { view } = this.memory;
    this.at += op === OP_FIXED32 || op === OP_SFIXED32 ? 4 : 8;
    if (this.at > this.end) return false;
    const at = this.at - 4;
    const last = op === OP_FIXED32 || op === OP_FIXED64 ? view.getUint32(at, true) : view.getInt32(at, true);
    const value =
      op === OP_FIXED32 || op === OP_SFIXED32 ? last : last * TWO_32 + view.getUint32(at - 4, true);
    if (check >= EPOCH) {
      const isWide = op === OP_FIXED64 || op === OP_SFIXED64;
      const above = isWide ? last : last < 0 ? -1 : 0;
      const below = isWide ? view.getUint32(at - 4, true) : last >>> 0;
      this.#instant(column, check, epochMsOfInt64(above, below, unit as EpochUnit)); // this check has one
    } else if (check === DIGITS && (op === OP_FIXED64 || op === OP_SFIXED64))
      this.digits(column, last | 0, view.getInt32(at - 4, true), op === OP_SFIXED64);
    else if (check === DIGITS) this.digits(column, last < 0 ? -1 : 0, last | 0, op === OP_SFIXED32);
    else this.fit(column, check, value, digits);
    return true;
  }

  /**
   * @param digits behind the point, of a scaled column
   * @param unit of a timestamp that declares it
   */
  protected fit(
    column: number,
    check: number,
    value: number,
    digits = 0,
    unit: EpochUnit | null = null,
  ): void {
    if (check === ANY_NUMBER) {
      this.row.number(column, value);
      return;
    }
    if (check >= EPOCH) return this.#instant(column, check, epochMs(value, unit as EpochUnit)); // this check has one
    const fitting = check === SCALED ? scaledIn(value, digits) : numberIn(check, value);
    if (fitting === fitting || value !== value) this.row.number(column, fitting);
    else this.row.misfit(column, OUT_OF_RANGE);
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

/** An integer in units of 10^-digits; NaN if that is beyond 2^53. */
function scaledIn(value: number, digits: number): number {
  const scaled = value * 10 ** digits;
  return Number.isSafeInteger(value) && Number.isSafeInteger(scaled) ? scaled : Number.NaN;
}
