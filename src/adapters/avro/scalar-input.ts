// Scalars of Avro binary whose column has other values than the bytes (hot path): digits, base64, decimals, UUIDs, durations.
import type { ValueBuilder } from '../../core/column-builder.ts';
import { isInt64Text } from '../../core/decimal-text.ts';
import { epochMs, epochMsOfText } from '../../core/epoch-number.ts';
import { DECIMAL_BYTES_MAX, DECIMAL_SCALE_MAX } from '../../core/event-limits.ts';
import { isInstant } from '../../core/time.ts';
import type { RowFault } from '../shared/row-reader.ts';
import type { ExactAction } from './actions.ts';
import { DOT, ExactInput, UUID_BYTES, ZERO } from './exact-input.ts';
import {
  NO_DECIMAL,
  NO_INSTANT,
  NO_NUMERAL,
  NO_SCALE,
  NO_STRING,
  NO_SYMBOL,
  NO_WHOLE_NUMBER,
  OUT_OF_RANGE,
  OVERLONG,
  stringFault,
  TRUNCATED,
} from './row-faults.ts';

type Decimal = Extract<ExactAction, { kind: 'decimal' }>;
type VariableScale = Extract<ExactAction, { kind: 'variable-scale' }>;
type Numeral = Extract<ExactAction, { kind: 'numeral' }>;
type Epoch = Extract<ExactAction, { kind: 'epoch' }>;
type Duration = Extract<ExactAction, { kind: 'duration' }>;

const DURATION_BYTES = 12;

export class ScalarInput extends ExactInput {
  protected string(column: number, into: ValueBuilder): RowFault | null {
    const fault = this.#sized(null);
    if (fault !== null) return fault;
    const { origin } = this;
    const isSet = into.setUtf8(column, this.bytes, this.#from - origin, this.at - origin);
    return isSet ? null : NO_STRING;
  }

  protected exact(action: ExactAction, into: ValueBuilder): RowFault | null {
    switch (action.kind) {
      case 'digits':
        if (!this.wide()) return this.cut(OVERLONG);
        return this.#text(action.column, this.digits(this.scratch), into);
      case 'symbol': {
        const symbol = action.symbols[this.varint()];
        if (symbol === undefined) return this.cut(NO_SYMBOL);
        into.setString(action.column, symbol);
        return null;
      }
      case 'bytes': {
        const fault = this.#sized(action.size);
        return fault ?? this.#text(action.column, this.base64(this.#from, this.at), into);
      }
      case 'uuid': {
        const fault = this.#sized(UUID_BYTES);
        return fault ?? this.#text(action.column, this.uuid(this.#from), into);
      }
      case 'scaled':
        if (!this.wide()) return this.cut(OVERLONG);
        return this.#scaled(action.column, this.digits(this.scratch), action.digits, into);
      case 'decimal':
        return this.#decimal(action, action.size, action.scale, into);
      case 'variable-scale':
        return this.#variableScale(action, into);
      case 'numeral':
        return this.#numeral(action, into);
      case 'epoch':
        return this.#epoch(action, into);
      case 'duration':
      default:
        return this.#duration(action, into);
    }
  }

  /** Where the value begins that `#sized` passed; `at` is its end. */
  #from = 0;

  /** Passes a value of so many bytes; null: the number is in front of them. */
  #sized(size: number | null): RowFault | null {
    const length = size ?? this.varint();
    this.#from = this.at;
    if (!(length >= 0 && length <= this.end - this.at)) return stringFault(length, this.at, this.end);
    this.at += length;
    return null;
  }

  #text(column: number, length: number, into: ValueBuilder): null {
    into.setUtf8(column, this.scratch, 0, length);
    return null;
  }

  /** The number in the first octets of `scratch`. */
  #scaled(column: number, length: number, digits: number, into: ValueBuilder): RowFault | null {
    this.decimal.scan(this.scratch, 0, length);
    const value = this.decimal.scaled(digits);
    if (value !== value) return OUT_OF_RANGE;
    into.setNumber(column, value);
    return null;
  }

  #variableScale(action: VariableScale, into: ValueBuilder): RowFault | null {
    const scale = this.varint();
    if (scale !== (scale | 0)) return this.cut(OVERLONG);
    return Math.abs(scale) > DECIMAL_SCALE_MAX ? NO_SCALE : this.#decimal(action, null, scale, into);
  }

  #decimal(
    { column, into: form, digits }: Decimal | VariableScale,
    size: number | null,
    scale: number,
    into: ValueBuilder,
  ): RowFault | null {
    const fault = this.#sized(size);
    if (fault !== null) return fault;
    const bytes = this.at - this.#from;
    if (bytes === 0 || bytes > DECIMAL_BYTES_MAX) return NO_DECIMAL;
    const length = this.decimalText(this.#from, this.at, scale);
    if (form === 'text') return this.#text(column, length, into);
    if (form === 'digits') return this.#whole(column, length, into);
    if (form === 'scaled') return this.#scaled(column, length, digits, into);
    this.decimal.scan(this.scratch, 0, length);
    into.setNumber(column, this.decimal.nearest());
    return null;
  }

  /** The digits of a whole number in the first octets of `scratch`. */
  #whole(column: number, length: number, into: ValueBuilder): RowFault | null {
    const { scratch } = this;
    const dot = scratch.indexOf(DOT);
    const end = dot >= 0 && dot < length ? dot : length;
    for (let at = end + 1; at < length; at++) if (scratch[at] !== ZERO) return NO_WHOLE_NUMBER;
    return isInt64Text(scratch, 0, end) ? this.#text(column, end, into) : OUT_OF_RANGE;
  }

  #numeral({ column, into: form, digits }: Numeral, into: ValueBuilder): RowFault | null {
    const fault = this.#sized(null);
    if (fault !== null) return fault;
    const { octets, at } = this;
    if (form === 'digits') {
      if (!isInt64Text(octets, this.#from, at)) return NO_NUMERAL;
      const { origin } = this;
      into.setUtf8(column, this.bytes, this.#from - origin, at - origin);
      return null;
    }
    if (!this.decimal.scan(octets, this.#from, at)) return NO_NUMERAL;
    const value = form === 'scaled' ? this.decimal.scaled(digits) : this.decimal.nearest();
    if (!Number.isFinite(value)) return OUT_OF_RANGE;
    into.setNumber(column, value);
    return null;
  }

  #epoch({ column, from, unit, isEventTime }: Epoch, into: ValueBuilder): RowFault | null {
    let timeMs: number;
    if (from === 'double') {
      if ((this.at += 8) > this.end) return TRUNCATED;
      timeMs = epochMs(this.memory.view.getFloat64(this.at - 8, true), unit);
    } else {
      const fault = this.#sized(null);
      if (fault !== null) return fault;
      timeMs = epochMsOfText(this.octets, this.#from, this.at, unit);
    }
    // The range of event times has a code of its own.
    if (timeMs !== timeMs || (!isEventTime && !isInstant(timeMs))) return NO_INSTANT;
    into.setNumber(column, timeMs);
    return null;
  }

  #duration({ columns }: Duration, into: ValueBuilder): RowFault | null {
    if (this.end - this.at < DURATION_BYTES) return TRUNCATED;
    for (let part = 0; part < columns.length; part++) {
      const column = columns[part] as number;
      if (column >= 0) into.setNumber(column, this.memory.view.getUint32(this.at + 4 * part, true));
    }
    this.at += DURATION_BYTES;
    return null;
  }
}
