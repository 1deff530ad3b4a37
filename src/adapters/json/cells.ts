// What the scalars of a JSON text are in their columns (hot path): no object, string or closure per event.
import type { ValueBuilder } from '../../core/column-builder.ts';
import type { TimeUnit } from '../../core/columns.ts';
import { DecimalText, isBase64, isInt64Text } from '../../core/decimal-text.ts';
import { epochMs, epochMsOfText, type EpochUnit } from '../../core/epoch-number.ts';
import { int64Of } from '../../core/exact-values.ts';
import { instantMs } from '../../core/instant.ts';
import { ByteNames } from './byte-names.ts';
import type { ColumnPlan } from './column-tree.ts';
import { ConnectDecimal } from './connect-decimal.ts';
import { connectMs } from './connect-time.ts';
import {
  isOutOfRange,
  numberIn,
  OP_BYTES,
  OP_CONNECT_DECIMAL,
  OP_CONNECT_TIME,
  OP_DECIMAL,
  OP_ENUM,
  OP_EPOCH,
  OP_INT64,
  OP_SCALED,
  OP_STRING,
  OP_TIME,
  OP_TIMESTAMP,
  opOf,
  valueOp,
} from './column-values.ts';
import { OTHER_TYPE, OUT_OF_RANGE, type RowState } from './row-state.ts';

/** Characters of a number that has no digit which its Float64 has lost. */
const EXACT_LENGTH_MAX = 16;

export class Cells {
  /** By column: how to read it. */
  readonly ops: Uint8Array;
  /** By column; 0 for all but scaled numbers. */
  readonly #digits: Uint8Array;
  /** By column; null for all but enums. */
  readonly #symbols: ReadonlyArray<ByteNames | null>;
  /** Of what Kafka Connect writes: what its values are, the unit of an instant, the scale of a decimal, NaN for none. */
  readonly #valueOps: Uint8Array;
  readonly #units: readonly TimeUnit[];
  readonly #scales: Float64Array;
  /** By column: the declared unit of a timestamp. */
  readonly #epochUnits: readonly EpochUnit[];
  readonly #connect = new ConnectDecimal();
  readonly #row: RowState;
  readonly #decimal = new DecimalText();
  #into!: ValueBuilder;

  constructor(plans: readonly ColumnPlan[], row: RowState, eventTime: string) {
    this.ops = Uint8Array.from(plans, (plan) => opOf(plan, eventTime));
    this.#digits = Uint8Array.from(plans, ({ digits }) => digits);
    this.#valueOps = Uint8Array.from(plans, (plan) => valueOp(plan, eventTime));
    this.#units = plans.map(({ encoding }) => encoding?.unit ?? 'ms');
    this.#scales = Float64Array.from(plans, ({ encoding }) => encoding?.scale ?? Number.NaN);
    this.#epochUnits = plans.map(({ unit }) => unit ?? 'ms');
    this.#symbols = plans.map(({ type, symbols }) => (type === 'enum' ? new ByteNames(symbols) : null));
    this.#row = row;
  }

  begin(into: ValueBuilder): void {
    this.#into = into;
  }

  /** @param octets [from, to) are the number's text */
  number(column: number, value: number, octets: Uint8Array, from: number, to: number): void {
    const op = this.ops[column] as number;
    if (op >= OP_INT64) {
      if (op < OP_CONNECT_TIME) return this.#exact(column, op, value, octets, from, to);
      if (op === OP_EPOCH) return this.#epochNumber(column, value, octets, from, to);
      return this.#connectNumber(column, op, value, octets, from, to);
    }
    const fitting = numberIn(op, value);
    if (fitting === fitting) this.#row.number(column, fitting);
    else this.#row.misfit(column, isOutOfRange(op, value) ? OUT_OF_RANGE : OTHER_TYPE, from);
  }

  #epochNumber(column: number, value: number, octets: Uint8Array, from: number, to: number): void {
    const unit = this.#epochUnits[column] as EpochUnit;
    const isExact = Number.isSafeInteger(value) && to - from <= EXACT_LENGTH_MAX;
    this.#instant(column, isExact ? epochMs(value, unit) : epochMsOfText(octets, from, to, unit), from);
  }

  #instant(column: number, timeMs: number, at: number): void {
    const fitting = numberIn(this.#valueOps[column] as number, timeMs);
    if (fitting === fitting) this.#row.number(column, fitting);
    else this.#row.misfit(column, timeMs === timeMs ? OUT_OF_RANGE : OTHER_TYPE, at);
  }

  #connectNumber(
    column: number,
    op: number,
    value: number,
    octets: Uint8Array,
    from: number,
    to: number,
  ): void {
    const valueOp = this.#valueOps[column] as number;
    const given =
      op === OP_CONNECT_TIME ? connectMs(this.#units[column] as TimeUnit, value, octets, from, to) : value;
    if (valueOp >= OP_INT64) return this.#exact(column, valueOp, value, octets, from, to);
    const fitting = numberIn(valueOp, given);
    if (fitting === fitting) this.#row.number(column, fitting);
    else this.#row.misfit(column, isOutOfRange(valueOp, value) ? OUT_OF_RANGE : OTHER_TYPE, from);
  }

  /**
   * A decimal in base64.
   * @param at position of the value in the record
   */
  connectDecimal(
    column: number,
    octets: Uint8Array,
    from: number,
    to: number,
    scale: number,
    at: number,
  ): void {
    const op = this.#valueOps[column] as number;
    const decimal = this.#connect;
    if (!decimal.scan(octets, from, to, scale)) return this.#row.misfit(column, OTHER_TYPE, at);
    if (op === OP_STRING || op === OP_INT64) {
      const text = op === OP_STRING ? decimal.text() : int64Of(decimal.integerText());
      if (text === null) return this.#row.misfit(column, OTHER_TYPE, at);
      this.#into.setString(column, text);
      return this.#row.has(column);
    }
    const value =
      op === OP_SCALED ? decimal.scaled(this.#digits[column] as number) : numberIn(op, decimal.nearest());
    if (value === value) this.#row.number(column, value);
    else this.#row.misfit(column, OUT_OF_RANGE, at);
  }

  /** The types for which the digits count. */
  #exact(column: number, op: number, value: number, octets: Uint8Array, from: number, to: number): void {
    if (op === OP_DECIMAL || op === OP_SCALED) return this.#decimalOf(column, op, octets, from, to, from);
    if (op === OP_INT64 && isInt64Text(octets, from, to)) {
      this.#into.setUtf8(column, octets, from, to);
      this.#row.has(column);
    } else if (op === OP_INT64 && Number.isSafeInteger(value)) {
      this.#into.setString(column, String(value)); // written with a fraction or an exponent
      this.#row.has(column);
    } else this.#row.misfit(column, isOutOfRange(op, value) ? OUT_OF_RANGE : OTHER_TYPE, from);
  }

  /** How long a list is. */
  length(column: number, count: number, at: number): void {
    const value = numberIn(this.ops[column] as number, count);
    if (value === value) this.#row.number(column, value);
    else this.#row.misfit(column, OTHER_TYPE, at);
  }

  /**
   * A string, from its characters as UTF-8.
   * @param at position of the string in the record
   */
  text(column: number, octets: Uint8Array, from: number, to: number, at: number): void {
    const op = this.ops[column] as number;
    switch (op) {
      case OP_STRING:
        return this.#string(column, octets, from, to);
      case OP_ENUM: {
        const code = (this.#symbols[column] as ByteNames).find(octets, from, to);
        return code >= 0 ? this.#row.code(column, code) : this.#row.misfit(column, OTHER_TYPE, at);
      }
      case OP_CONNECT_DECIMAL:
        return this.#connectText(column, octets, from, to, at);
      case OP_TIMESTAMP:
      case OP_CONNECT_TIME:
      case OP_TIME: {
        const timeMs = instantMs(octets, from, to);
        return timeMs === timeMs
          ? this.#row.number(column, timeMs)
          : this.#row.misfit(column, OTHER_TYPE, at);
      }
      case OP_EPOCH: {
        const unit = this.#epochUnits[column] as EpochUnit;
        return this.#instant(column, epochMsOfText(octets, from, to, unit), at);
      }
      case OP_INT64:
      case OP_BYTES: {
        const fits = op === OP_INT64 ? isInt64Text(octets, from, to) : isBase64(octets, from, to);
        return fits ? this.#string(column, octets, from, to) : this.#row.misfit(column, OTHER_TYPE, at);
      }
      case OP_DECIMAL:
      case OP_SCALED:
        return this.#decimalOf(column, op, octets, from, to, at);
      default:
        return this.#row.misfit(column, OTHER_TYPE, at);
    }
  }

  /** With a scale it is base64, else its text. */
  #connectText(column: number, octets: Uint8Array, from: number, to: number, at: number): void {
    const scale = this.#scales[column] as number;
    if (scale === scale) return this.connectDecimal(column, octets, from, to, scale, at);
    const op = this.#valueOps[column] as number;
    if (op === OP_STRING) return this.#string(column, octets, from, to);
    if (op === OP_INT64 && isInt64Text(octets, from, to)) return this.#string(column, octets, from, to);
    if (op !== OP_DECIMAL && op !== OP_SCALED) return this.#row.misfit(column, OTHER_TYPE, at);
    this.#decimalOf(column, op, octets, from, to, at);
  }

  #string(column: number, octets: Uint8Array, from: number, to: number): void {
    this.#into.setUtf8(column, octets, from, to);
    this.#row.has(column);
  }

  #decimalOf(column: number, op: number, octets: Uint8Array, from: number, to: number, at: number): void {
    if (!this.#decimal.scan(octets, from, to)) return this.#row.misfit(column, OTHER_TYPE, at);
    const value =
      op === OP_SCALED ? this.#decimal.scaled(this.#digits[column] as number) : this.#decimal.nearest();
    if (Number.isFinite(value)) this.#row.number(column, value);
    else this.#row.misfit(column, OUT_OF_RANGE, at);
  }
}
