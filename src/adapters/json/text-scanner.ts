// The strings and spaces of a JSON text (hot path): no object, string or closure per event, and nothing is read beyond the
// end of the record. Source: RFC 8259, section 7.
import { OctetInput } from '../shared/octet-input.ts';
import {
  BACKSLASH,
  CARRIAGE_RETURN,
  LETTER_B,
  LETTER_F,
  LETTER_N,
  LETTER_R,
  LETTER_T,
  LETTER_U,
  LINE_FEED,
  LOWER_CASE,
  QUOTE,
  SPACE,
  TAB,
  ZERO,
} from './octets.ts';
import { isUtf8 } from './utf8.ts';

const SCRATCH_BYTES_START = 4_096;
const HEX_DIGITS = 4;
const HIGH_SURROGATE = 0xd800;
const LOW_SURROGATE = 0xdc00;
const SURROGATES_END = 0xe000;

export const TRUNCATED = 'the text ends too early';
const CONTROL_CHARACTER = 'a control character in a string is not escaped';
const BAD_ESCAPE = 'a string has an escape that JSON does not know';
export const NOT_UTF8 = 'a string is not UTF-8';

export class TextScanner extends OctetInput {
  /** What is wrong with the text, and where. */
  protected what = '';
  protected whatAt = 0;
  /** Of the string that `text` read: its bytes between the quotes. */
  protected textFrom = 0;
  protected textTo = 0;
  protected isAscii = true;
  protected isEscaped = false;
  /** What `unescaped` writes. */
  protected scratch: Buffer = Buffer.from(new ArrayBuffer(SCRATCH_BYTES_START));

  protected fail(what: string, at: number): false {
    this.what = at >= this.end ? TRUNCATED : what;
    this.whatAt = Math.min(at, this.end);
    return false;
  }

  /** Moves on to the next octet that is no space; returns it, or -1 at the end. */
  protected space(): number {
    const { octets, end } = this;
    let at = this.at;
    for (; at < end; at++) {
      const octet = octets[at] as number;
      if (octet > SPACE) break;
      if (octet !== SPACE && octet !== LINE_FEED && octet !== CARRIAGE_RETURN && octet !== TAB) break;
    }
    this.at = at;
    return at < end ? (octets[at] as number) : -1;
  }

  /** Reads the string whose first quote is at `at`. Whether it is UTF-8 is for the caller to check. */
  protected text(): boolean {
    const { octets, end } = this;
    let at = this.at + 1;
    let all = 0;
    let escapes = 0;
    this.textFrom = at;
    for (; at < end; at++) {
      const octet = octets[at] as number;
      if (octet === QUOTE) {
        this.textTo = at;
        this.at = at + 1;
        this.isAscii = all < 0x80;
        this.isEscaped = escapes > 0;
        return true;
      }
      if (octet === BACKSLASH) {
        const length = this.#escapeLength(at);
        if (length === 0) return this.fail(BAD_ESCAPE, at + 1);
        at += length - 1;
        escapes++;
        continue;
      }
      if (octet < SPACE) return this.fail(CONTROL_CHARACTER, at);
      all |= octet;
    }
    return this.fail(TRUNCATED, end);
  }

  protected isTextUtf8(): boolean {
    return this.isAscii || isUtf8(this.octets, this.textFrom, this.textTo);
  }

  /** Reads a string of which nothing is needed. */
  protected skipText(): boolean {
    if (!this.text()) return false;
    return this.isTextUtf8() || this.fail(NOT_UTF8, this.textFrom);
  }

  /** Octets of the escape at `at`; 0 if it is none. */
  #escapeLength(at: number): number {
    if (at + 1 >= this.end) return 0;
    const letter = this.octets[at + 1] as number;
    if (letter !== LETTER_U) return unescapedLetter(letter) < 0 ? 0 : 2;
    return at + 2 + HEX_DIGITS <= this.end && this.#unitAt(at + 2) >= 0 ? 2 + HEX_DIGITS : 0;
  }

  /** Four hexadecimal digits as a UTF-16 unit; -1 if there are none. */
  #unitAt(at: number): number {
    let unit = 0;
    for (let i = at; i < at + HEX_DIGITS; i++) {
      const digit = hexDigit(this.octets[i] as number);
      if (digit < 0) return -1;
      unit = unit * 16 + digit;
    }
    return unit;
  }

  /** Writes the string that `text` read to the start of `scratch`; returns its length, -1 if it has half a surrogate pair. */
  protected unescaped(): number {
    const { octets, textFrom, textTo } = this;
    // An escape is never shorter than the UTF-8 of its character.
    if (textTo - textFrom > this.scratch.length)
      this.scratch = Buffer.from(new ArrayBuffer(2 * (textTo - textFrom)));
    const { scratch } = this;
    let length = 0;
    for (let at = textFrom; at < textTo; at++) {
      const octet = octets[at] as number;
      if (octet !== BACKSLASH) {
        scratch[length++] = octet;
        continue;
      }
      const letter = octets[++at] as number;
      if (letter !== LETTER_U) {
        scratch[length++] = unescapedLetter(letter);
        continue;
      }
      let character = this.#unitAt(at + 1);
      at += HEX_DIGITS;
      if (character >= HIGH_SURROGATE && character < SURROGATES_END) {
        const low = this.#lowSurrogateAt(at + 1);
        if (character >= LOW_SURROGATE || low < 0) return -1;
        character = 0x10000 + ((character - HIGH_SURROGATE) << 10) + (low - LOW_SURROGATE);
        at += 2 + HEX_DIGITS;
      }
      length = writeCharacter(scratch, length, character);
    }
    return length;
  }

  /** -1 if no escaped low surrogate is at `at`. */
  #lowSurrogateAt(at: number): number {
    const { octets, textTo } = this;
    if (at + 2 + HEX_DIGITS > textTo || octets[at] !== BACKSLASH || octets[at + 1] !== LETTER_U) return -1;
    const unit = this.#unitAt(at + 2);
    return unit >= LOW_SURROGATE && unit < SURROGATES_END ? unit : -1;
  }
}

/** What the letter behind a backslash stands for; -1 if nothing. */
function unescapedLetter(letter: number): number {
  switch (letter) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
      return letter;
    case LETTER_B:
      return 0x08;
    case LETTER_F:
      return 0x0c;
    case LETTER_N:
      return LINE_FEED;
    case LETTER_R:
      return CARRIAGE_RETURN;
    case LETTER_T:
      return TAB;
    default:
      return -1;
  }
}

function hexDigit(octet: number): number {
  const digit = octet - ZERO;
  if (digit >= 0 && digit <= 9) return digit;
  const letter = (octet | LOWER_CASE) - 0x61;
  return letter >= 0 && letter < 6 ? 10 + letter : -1;
}

/** Writes a character as UTF-8; returns the end position. */
function writeCharacter(into: Uint8Array, at: number, character: number): number {
  if (character < 0x80) {
    into[at] = character;
    return at + 1;
  }
  if (character < 0x800) {
    into[at] = 0xc0 | (character >> 6);
    into[at + 1] = 0x80 | (character & 0x3f);
    return at + 2;
  }
  if (character < 0x10000) {
    into[at] = 0xe0 | (character >> 12);
    into[at + 1] = 0x80 | ((character >> 6) & 0x3f);
    into[at + 2] = 0x80 | (character & 0x3f);
    return at + 3;
  }
  into[at] = 0xf0 | (character >> 18);
  into[at + 1] = 0x80 | ((character >> 12) & 0x3f);
  into[at + 2] = 0x80 | ((character >> 6) & 0x3f);
  into[at + 3] = 0x80 | (character & 0x3f);
  return at + 4;
}
