// The key of a map's entry as bytes that are equal for equal keys (hot path).
import { WIRE_BYTES, WIRE_VARINT } from './field-ops.ts';
import { WireInput } from './wire-input.ts';

/** A letter for each half of an octet of a number of 64 bits: keys are looked up as text. */
const NUMBER_BYTES = 16;
const FIRST_LETTER = 0x61;
const KEY_NUMBER = 1;

export class EntryKey extends WireInput {
  /** Where the key is: these bytes, or `scratch` if they are null. */
  source: Buffer | null = null;
  from = 0;
  readonly scratch: Buffer = Buffer.alloc(NUMBER_BYTES);
  readonly #isNarrow: boolean;
  readonly #isText: boolean;

  /**
   * @param isNarrow whether keys are integers of 32 bits, whose bits above say nothing
   * @param isText whether they are strings
   */
  constructor(isNarrow: boolean, isText: boolean) {
    super();
    this.#isText = isText;
    this.#isNarrow = isNarrow;
  }

  /** Finds the key of the entry in bytes [from, to), which have been read as one; returns its length. */
  read(bytes: Buffer, from: number, to: number): number {
    this.enter(bytes, from, to);
    // An entry without a key has the empty text, or 0.
    this.scratch.fill(FIRST_LETTER);
    this.source = null;
    this.from = 0;
    let length = this.#isText ? 0 : NUMBER_BYTES;
    while (this.at < this.end) {
      this.tag();
      const number = this.low >>> 3;
      const wire = this.low & 7;
      if (number !== KEY_NUMBER) this.skip(number, wire, 1);
      else length = this.#value(wire, number);
    }
    return length;
  }

  #value(wire: number, number: number): number {
    if (wire === WIRE_BYTES) {
      this.length();
      this.source = this.bytes;
      this.from = this.at - this.origin;
      this.at += this.low;
      return this.low;
    }
    const start = this.at;
    if (wire === WIRE_VARINT) {
      this.varint();
      this.#write(0, this.low);
      this.#write(8, this.#isNarrow ? 0 : this.high);
    } else {
      this.skip(number, wire, 1);
      const { view } = this.memory;
      this.#write(0, view.getInt32(start, true));
      this.#write(8, this.at - start > 4 ? view.getInt32(start + 4, true) : 0);
    }
    return NUMBER_BYTES;
  }

  #write(at: number, word: number): void {
    for (let i = 0; i < 8; i++) this.scratch[at + i] = FIRST_LETTER + ((word >>> (4 * i)) & 0x0f);
  }
}
