// The numbers and literals of a JSON text, and values that no column reads (hot path). Source: RFC 8259, sections 3 to 6.
import { JSON_DEPTH_MAX } from '../../core/event-limits.ts';
import { decimal } from '../../core/decimal.ts';
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

const NO_VALUE = 'there is no JSON value';
const NO_NUMBER = 'a number is not one of JSON';
const NO_NAME = 'there is no member name';
const NO_COLON = 'there is no colon behind a member name';
export const NO_COMMA = 'there is no comma, and nothing is closed';
const TOO_DEEP = `a value is nested deeper than ${JSON_DEPTH_MAX} levels`;

export class ValueScanner extends TextScanner {
  /** Of the objects and arrays around a value that is skipped: the octet that closes each. */
  readonly #closing = new Uint8Array(JSON_DEPTH_MAX);
  /** Of the number that is read: its first digits, a few behind them, and how many there are. */
  #head = 0;
  #tail = 0;
  #digits = 0;

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
    const isNegative = octets[start] === MINUS;
    const integer = isNegative ? start + 1 : start;
    this.at = integer;
    this.#head = 0;
    this.#tail = 0;
    this.#digits = 0;
    this.#readDigits();
    let at = this.at;
    if (at === integer) return this.#noNumber(at);
    if (octets[integer] === ZERO && at > integer + 1) return this.#noNumber(integer + 1);
    let exponent = 0;
    if (at < end && octets[at] === DOT) {
      const fraction = ++this.at;
      this.#readDigits();
      at = this.at;
      if (at === fraction) return this.#noNumber(at);
      exponent = fraction - at;
    }
    if (at < end && ((octets[at] as number) | LOWER_CASE) === LETTER_E) {
      const power = this.#exponent();
      if (power !== power) return power;
      exponent += power;
    }
    const tailDigits = Math.max(0, this.#digits - HEAD_DIGITS_MAX);
    const value =
      tailDigits > TAIL_DIGITS_MAX ? Number.NaN : decimal(this.#head, this.#tail, tailDigits, exponent);
    if (value !== value)
      return Number(this.bytes.toString('latin1', start - this.origin, this.at - this.origin));
    return isNegative ? -value : value;
  }

  /** Reads digits into head and tail. Zeros before the first other digit do not count. */
  #readDigits(): void {
    const { octets, end } = this;
    const { view } = this.memory;
    let at = this.at;
    let head = this.#head;
    let digits = this.#digits;
    while (digits <= HEAD_DIGITS_MAX - 4 && at + 4 <= end) {
      const four = view.getInt32(at, true);
      if (!areDigits(four)) break;
      head = head * 1e4 + fourDigits(four);
      if (head > 0) digits += 4;
      at += 4;
    }
    for (; at < end; at++) {
      const digit = (octets[at] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      if (digits < HEAD_DIGITS_MAX) head = head * 10 + digit;
      else if (digits < HEAD_DIGITS_MAX + TAIL_DIGITS_MAX) this.#tail = this.#tail * 10 + digit;
      if (head > 0) digits++;
    }
    this.at = at;
    this.#head = head;
    this.#digits = digits;
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
          if (close === CLOSE_OBJECT && !this.memberName()) return false;
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
          if (close === CLOSE_OBJECT && !this.memberName()) return false;
          break;
        }
      }
    }
  }

  /** Reads a name and the colon behind it. */
  protected memberName(): boolean {
    if (this.space() !== QUOTE) return this.fail(NO_NAME, this.at);
    if (!this.skipText()) return false;
    if (this.space() !== COLON) return this.fail(NO_COLON, this.at);
    this.at++;
    return true;
  }
}

/** Whether four octets are digits. */
function areDigits(four: number): boolean {
  return (four & 0xf0f0f0f0) === 0x30303030 && ((four + 0x06060606) & 0xf0f0f0f0) === 0x30303030;
}

/** What four digits are, the first of which is in the lowest byte: pairs first, then both. */
function fourDigits(four: number): number {
  const digits = four - 0x30303030;
  const pairs = Math.imul(digits, 10) + (digits >>> 8);
  return (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
}
