// Names as bytes (hot path): which of a few known names are these bytes, without creating a string. For the keys of objects
// and the symbols of enums.

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/** FNV-1a. */
function hashOf(octets: Uint8Array, from: number, to: number): number {
  let hash = FNV_OFFSET;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (octets[at] as number), FNV_PRIME);
  return hash;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

export class ByteNames {
  /** The names one behind the other; the next one's start is a name's end. */
  readonly #octets: Uint8Array;
  readonly #starts: Int32Array;
  /** Whether the name can be written without an escape. */
  readonly #isPlain: Uint8Array;
  /** Position + 1 of a name, 0 for a free slot. Names alone are in it, so what producers write cannot make it slow. */
  readonly #slots: Int32Array;

  constructor(names: readonly string[]) {
    const bytes = names.map((name) => Buffer.from(name));
    this.#octets = Uint8Array.from(Buffer.concat(bytes));
    this.#starts = new Int32Array(names.length + 1);
    this.#isPlain = Uint8Array.from(bytes, (name) => Number(name.every(isPlain)));
    this.#slots = new Int32Array(4 * 2 ** Math.ceil(Math.log2(Math.max(1, names.length))));
    for (const [index, name] of bytes.entries()) {
      this.#starts[index + 1] = (this.#starts[index] as number) + name.length;
      let slot = hashOf(name, 0, name.length) & (this.#slots.length - 1);
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
    const start = this.#starts[index] as number;
    if ((this.#starts[index + 1] as number) - start !== to - from) return false;
    for (let i = from, at = start; i < to; i++, at++) if (octets[i] !== this.#octets[at]) return false;
    return true;
  }

  /** Where the name ends that begins at `at`, if it is this one and a quote follows; else -1. For guesses. */
  endAt(index: number, octets: Uint8Array, at: number, end: number): number {
    let name = this.#starts[index] as number;
    const nameEnd = this.#starts[index + 1] as number;
    const to = at + nameEnd - name;
    if (to >= end || octets[to] !== QUOTE || this.#isPlain[index] === 0) return -1;
    for (let i = at; name < nameEnd; i++, name++) if (octets[i] !== this.#octets[name]) return -1;
    return to;
  }
}

function isPlain(octet: number): boolean {
  return octet >= SPACE && octet !== QUOTE && octet !== BACKSLASH;
}
