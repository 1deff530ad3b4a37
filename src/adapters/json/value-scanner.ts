// The numbers and literals of a JSON text, and values that no column reads (hot path). Source: RFC 8259, sections 3 to 6.
import { JSON_DEPTH_MAX } from '../../core/limits.ts';
import { decimal } from './decimal.ts';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  DOT,
  LETTER_E,
  LETTER_F,
  LETTER_N,
  LETTER_T,
  LOWER_CASE,
  MINUS,
  NINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  PLUS,
  QUOTE,
  ZERO,
} from './octets.ts';
import { TextScanner } from './text-scanner.ts';

/** Digits that a Float64 has exactly, and those that `decimal` takes behind them. */
const HEAD_DIGITS_MAX = 15;
const TAIL_DIGITS_MAX = 4;
/** No exponent beyond makes another number. */
const EXPONENT_MAX = 100_000;

const TRUE = Uint8Array.from(Buffer.from('true'));
const FALSE = Uint8Array.from(Buffer.from('false'));
const NULL = Uint8Array.from(Buffer.from('null'));

export const NO_VALUE = 'there is no JSON value';
const NO_NUMBER = 'a number is not one of JSON';
export const NO_NAME = 'there is no member name';
const NO_COLON = 'there is no colon behind a member name';
export const NO_COMMA = 'there is no comma, and nothing is closed';
const TOO_DEEP = `a value is nested deeper than ${JSON_DEPTH_MAX} levels`;

export class ValueScanner extends TextScanner {
  /** Of the objects and arrays around a value that is skipped: the octet that closes each. */
  readonly #closing = new Uint8Array(JSON_DEPTH_MAX);

  /** Reads `true`, `false` or `null`, by the octet at `at`. */
  protected literal(): boolean {
    const first = this.octets[this.at] as number;
    const word = first === LETTER_T ? TRUE : first === LETTER_F ? FALSE : first === LETTER_N ? NULL : null;
    if (word === null) return this.fail(NO_VALUE, this.at);
    for (let i = 0; i < word.length; i++) {
      const at = this.at + i;
      if (at >= this.end || this.octets[at] !== word[i]) return this.fail(NO_VALUE, at);
    }
    this.at += word.length;
    return true;
  }

  /** Reads a number; infinite if it is too large for a Float64, NaN if it is none. */
  protected number(): number {
    const { octets, end, at: start } = this;
    let at = start;
    if (octets[at] === MINUS) at++;
    const integer = at;
    let head = 0;
    let headDigits = 0;
    let tail = 0;
    let tailDigits = 0;
    let lost = 0;
    let fraction = -1;
    for (; at < end; at++) {
      const octet = octets[at] as number;
      const digit = octet - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (headDigits < HEAD_DIGITS_MAX) {
          head = head * 10 + digit;
          if (head > 0) headDigits++;
        } else if (tailDigits < TAIL_DIGITS_MAX) {
          tail = tail * 10 + digit;
          tailDigits++;
        } else lost++;
      } else if (octet === DOT && fraction < 0 && at > integer) fraction = at + 1;
      else break;
    }
    const digitsEnd = at;
    if (digitsEnd === integer || digitsEnd === fraction) return this.#noNumber(at);
    if (octets[integer] === ZERO && digitsEnd > integer + 1 && fraction !== integer + 2)
      return this.#noNumber(integer + 1);
    let exponent = fraction < 0 ? 0 : fraction - digitsEnd;
    this.at = at;
    if (at < end && ((octets[at] as number) | LOWER_CASE) === LETTER_E) {
      const power = this.#exponent();
      if (power !== power) return power;
      exponent += power;
    }
    const value = lost > 0 ? Number.NaN : decimal(head, tail, tailDigits, exponent);
    if (value !== value) return Number(Buffer.from(octets.buffer, start, this.at - start).toString('latin1'));
    return octets[start] === MINUS ? -value : value;
  }

  /** Reads an exponent, whose letter is at `at`; NaN if it is none. */
  #exponent(): number {
    const { octets, end } = this;
    let at = this.at + 1;
    const isNegative = octets[at] === MINUS;
    if (at < end && (isNegative || octets[at] === PLUS)) at++;
    const start = at;
    let power = 0;
    for (; at < end; at++) {
      const octet = octets[at] as number;
      if (octet < ZERO || octet > NINE) break;
      power = Math.min(EXPONENT_MAX, power * 10 + (octet - ZERO));
    }
    if (at === start) return this.#noNumber(at);
    this.at = at;
    return isNegative ? -power : power;
  }

  #noNumber(at: number): number {
    this.fail(NO_NUMBER, at);
    return Number.NaN;
  }

  /** Reads a string, number or literal of which nothing is needed. */
  protected skipScalar(octet: number): boolean {
    if (octet === QUOTE) return this.skipText();
    if (octet !== MINUS && !(octet >= ZERO && octet <= NINE)) return this.literal();
    const value = this.number();
    return value === value;
  }

  /** Reads the value at `at`, of which nothing is needed: a loop, as producers decide how deep it is. */
  protected skip(): boolean {
    const closing = this.#closing;
    let depth = 0;
    for (;;) {
      const octet = this.space();
      if (octet === OPEN_OBJECT || octet === OPEN_ARRAY) {
        if (depth === JSON_DEPTH_MAX) return this.fail(TOO_DEEP, this.at);
        const close = octet === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
        this.at++;
        if (this.space() === close) this.at++;
        else {
          closing[depth++] = close;
          if (close === CLOSE_OBJECT && !this.#skipName()) return false;
          continue;
        }
      } else if (!this.skipScalar(octet)) return false;
      for (; ; depth--) {
        if (depth === 0) return true;
        const close = closing[depth - 1] as number;
        const next = this.space();
        if (next !== COMMA && next !== close) return this.fail(NO_COMMA, this.at);
        this.at++;
        if (next === COMMA) {
          if (close === CLOSE_OBJECT && !this.#skipName()) return false;
          break;
        }
      }
    }
  }

  #skipName(): boolean {
    if (this.space() !== QUOTE) return this.fail(NO_NAME, this.at);
    return this.skipText() && this.colon();
  }

  protected colon(): boolean {
    if (this.space() !== COLON) return this.fail(NO_COLON, this.at);
    this.at++;
    return true;
  }
}
