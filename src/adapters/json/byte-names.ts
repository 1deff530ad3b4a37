// Names as bytes (hot path): which of a few known names are these bytes, without creating a string. For the keys of objects
// and the symbols of enums.
import { byteViewOf, type ByteView } from '../../core/byte-view.ts';

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
/** Around a name as it is written most often: quotes and a colon. */
const BEFORE_NAME = 1;
const BEHIND_NAME = 2;

/** FNV-1a. */
function hashOf(octets: Uint8Array, from: number, to: number): number {
  let hash = FNV_OFFSET;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (octets[at] as number), FNV_PRIME);
  return hash;
}

export class ByteNames {
  /** `"name":` of each, one behind the other; the next one's start is the end of one. */
  readonly #tokens: ByteView;
  readonly #starts: Int32Array;
  /** Whether JSON writes the name without an escape. */
  readonly #isPlain: Uint8Array;
  /** Position + 1 of a name, 0 for a free slot. Known names alone are in it, so producers cannot make it slow. */
  readonly #slots: Int32Array;

  constructor(names: readonly string[]) {
    const tokens = names.map((name) => Buffer.from(`"${name}":`));
    const bytes = new Uint8Array(tokens.reduce((sum, { length }) => sum + length, 0));
    this.#tokens = byteViewOf(bytes.buffer);
    this.#starts = new Int32Array(names.length + 1);
    this.#isPlain = Uint8Array.from(names, (name) => Number(JSON.stringify(name) === `"${name}"`));
    this.#slots = new Int32Array(4 * 2 ** Math.ceil(Math.log2(Math.max(1, names.length))));
    for (const [index, token] of tokens.entries()) {
      const start = this.#starts[index] as number;
      bytes.set(token, start);
      this.#starts[index + 1] = start + token.length;
      const hash = hashOf(token, BEFORE_NAME, token.length - BEHIND_NAME);
      let slot = hash & (this.#slots.length - 1);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1);
      this.#slots[slot] = index + 1;
    }
  }

  /** Position of the name in octets [from, to); -1 if it is none. */
  find(octets: Uint8Array, from: number, to: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hashOf(octets, from, to) & mask; ; slot = (slot + 1) & mask) {
      const index = (slots[slot] as number) - 1;
      if (index < 0) return -1;
      if (this.#equals(index, octets, from, to)) return index;
    }
  }

  #equals(index: number, octets: Uint8Array, from: number, to: number): boolean {
    const start = (this.#starts[index] as number) + BEFORE_NAME;
    if ((this.#starts[index + 1] as number) - BEHIND_NAME - start !== to - from) return false;
    const known = this.#tokens.octets;
    for (let i = from, at = start; i < to; i++, at++) if (octets[i] !== known[at]) return false;
    return true;
  }

  /** The end of the name, its quotes and a colon, if they are what memory has from `at` on; else -1. For guesses. */
  endAt(index: number, { view, octets }: ByteView, at: number, end: number): number {
    const from = this.#starts[index] as number;
    const length = (this.#starts[index + 1] as number) - from;
    if (at + length > end || this.#isPlain[index] === 0) return -1;
    const known = this.#tokens;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      if (view.getInt32(at + i, true) !== known.view.getInt32(from + i, true)) return -1;
    }
    for (; i < length; i++) if (octets[at + i] !== known.octets[from + i]) return -1;
    return at + length;
  }
}
