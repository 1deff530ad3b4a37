// Reads what columns hold as text, and numbers in text (hot path): digits and base64 without a string or a BigInt.
import { isUtf8 } from 'node:buffer';
import { base64Length, writeBase64 } from '../../core/base64-text.ts';
import type { ValueBuilder } from '../../core/column-builder.ts';
import { DecimalText, isInt64Text } from '../../core/decimal-text.ts';
import type { EpochUnit } from '../../core/columns.ts';
import { epochMsOfText } from '../../core/epoch-number.ts';
import { instantMs } from '../../core/instant.ts';
import { INT64_DIGITS_MAX, writeInt64 } from '../../core/int64-digits.ts';
import { isInstant } from '../../core/time.ts';
import type { RowFault } from '../shared/row-reader.ts';
import {
  EPOCH_TIME,
  OP_BASE64,
  OP_DECIMAL_TEXT,
  OP_EPOCH_TEXT,
  OP_INT32,
  OP_INT64,
  OP_INT64_TEXT,
  OP_SINT32,
  OP_SINT64,
  OP_TEXT_TIME,
  OP_UINT32,
} from './field-ops.ts';
import type { FieldPlan, MessagePlan } from './message-plan.ts';
import { malformed } from './row-faults.ts';
import { NO_SYMBOL, NO_TEXT, OUT_OF_RANGE, RowState } from './row-state.ts';
import { WireInput } from './wire-input.ts';

const SCRATCH_BYTES_START = 1_024;

export class ExactReader extends WireInput {
  protected readonly plan: MessagePlan;
  protected readonly row: RowState;
  protected into!: ValueBuilder;
  readonly #decimal = new DecimalText();
  #scratch = Buffer.from(new ArrayBuffer(SCRATCH_BYTES_START));

  constructor(plan: MessagePlan) {
    super();
    this.plan = plan;
    this.row = new RowState(plan);
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

  /** Bytes, as base64. */
  #base64(column: number): RowFault | null {
    const fault = this.length();
    if (fault !== null) return fault;
    const start = this.at;
    this.at = start + this.low;
    const length = base64Length(this.low);
    if (length > this.#scratch.length) this.#scratch = Buffer.from(new ArrayBuffer(2 * length));
    this.#setScratch(column, 0, writeBase64(this.#scratch, this.octets, start, this.at));
    return null;
  }

  /** The digits of the varint in `low` and `high`; true. */
  protected varintDigits(op: number, column: number): true {
    const { low, high } = this;
    if (op === OP_INT32) this.digits(column, low >> 31, low, true);
    else if (op === OP_UINT32) this.digits(column, 0, low, false);
    else if (op === OP_SINT32) {
      const value = (low >>> 1) ^ -(low & 1);
      this.digits(column, value >> 31, value, true);
    } else if (op === OP_SINT64) {
      const sign = -(low & 1);
      this.digits(column, (high >>> 1) ^ sign, ((low >>> 1) | (high << 31)) ^ sign, true);
    } else this.digits(column, high, low, op === OP_INT64);
    return true;
  }

  protected digits(column: number, high: number, low: number, isSigned: boolean): void {
    this.#setScratch(column, writeInt64(this.#scratch, high, low, isSigned), INT64_DIGITS_MAX);
  }

  #setScratch(column: number, from: number, to: number): void {
    this.into.setUtf8(column, this.#scratch, from, to);
    this.row.has(column);
  }

  /** Bytes, or text that a column holds as something else; an empty one is as a field that is not set. */
  protected text(field: FieldPlan): RowFault | null {
    const { op, column } = field;
    if (op === OP_BASE64) return this.#base64(column);
    const fault = this.length();
    if (fault !== null) return fault;
    const start = this.at;
    const end = (this.at = start + this.low);
    if (this.low === 0) this.row.forget(column);
    else if (op === OP_INT64_TEXT && isInt64Text(this.octets, start, end)) {
      this.into.setUtf8(column, this.bytes, start - this.origin, end - this.origin);
      this.row.has(column);
    } else if (!isUtf8(this.octets.subarray(start, end))) return this.#notUtf8(column);
    else if (op === OP_INT64_TEXT) this.row.misfit(column, NO_TEXT);
    else this.#number(field, start, end);
    return null;
  }

  #number({ op, column, check, digits, unit }: FieldPlan, start: number, end: number): void {
    if (op === OP_EPOCH_TEXT) {
      const timeMs = epochMsOfText(this.octets, start, end, unit as EpochUnit); // this op has one
      if (timeMs === timeMs && (check === EPOCH_TIME || isInstant(timeMs))) this.row.number(column, timeMs);
      else this.row.misfit(column, timeMs === timeMs ? OUT_OF_RANGE : NO_TEXT);
      return;
    }
    if (op !== OP_TEXT_TIME && !this.#decimal.scan(this.octets, start, end)) {
      this.row.misfit(column, NO_TEXT);
      return;
    }
    const value =
      op === OP_TEXT_TIME
        ? instantMs(this.octets, start, end)
        : op === OP_DECIMAL_TEXT
          ? this.#decimal.nearest()
          : this.#decimal.scaled(digits);
    if (Number.isFinite(value)) this.row.number(column, value);
    else this.row.misfit(column, op === OP_TEXT_TIME ? NO_TEXT : OUT_OF_RANGE);
  }

  #notUtf8(column: number): RowFault {
    return malformed(`'${this.plan.columns[column]?.name}' is not UTF-8`);
  }
}
