// A dictionary of UTF-8 bytes (hot path): a string costs a hash and a comparison or a copy of its bytes, and becomes a
// JavaScript string only when it is read. Most columns of ever-new ids never are.
import { randomInt } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { type ByteView, byteViewOf } from './byte-view.ts';
import { Dictionary, NULL_CODE } from './dictionary.ts';
import { TEXT_BYTES_PER_UNIT_MAX, writeText } from './text-bytes.ts';
import { hashBytes } from './value-hash.ts';

const SIZE_START = 512;
const ARENA_BYTES_START = 16_384;
const SCRATCH_BYTES_START = 4_096;
/** An unknown start keeps a producer from choosing strings that all fall into one slot. */
const SEED = randomInt(0x7fffffff);
const MULTIPLIER = 0x5bd1e995;

/** Returned instead of a code for bytes that are not UTF-8. */
export const NOT_UTF8 = -2;

/** Multiply and fold, four bytes at a time. */
function hashOf(bytes: ByteView, from: number, to: number): number {
  const { view, octets } = bytes;
  let hash = SEED ^ (to - from);
  let at = from;
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), MULTIPLIER);
    hash ^= hash >>> 15;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ (octets[at] as number), MULTIPLIER);
  return hash ^ (hash >>> 13);
}

/** Where `bytesOfText` writes: read before the next call. */
let scratch = Buffer.from(new ArrayBuffer(SCRATCH_BYTES_START));
let scratchView = byteViewOf(scratch.buffer);

/** Writes a string's UTF-8 to the start of `scratch`; returns its length. */
function bytesOfText(text: string): number {
  const lengthMax = text.length * TEXT_BYTES_PER_UNIT_MAX;
  if (lengthMax > scratch.length) {
    scratch = Buffer.from(new ArrayBuffer(lengthMax));
    scratchView = byteViewOf(scratch.buffer);
  }
  return writeText(scratch, 0, text);
}

export class ByteDictionary extends Dictionary {
  /** Rows that used it, counted by its user: the ratio to its size says whether strings recur. */
  rows = 0;
  /** Two entries a slot, side by side in memory: code + 1, where 0 is free, and hash. */
  #slots: Int32Array;
  /** Start of each code's bytes in the arena; the next code's start is its end. */
  #starts: Int32Array;
  #arena = byteViewOf(new ArrayBuffer(ARENA_BYTES_START));
  #size = 0;
  /** By code: the strings that `decode` has created so far. */
  readonly #strings: string[] = [];

  /** @param sizeHint number of strings that fit before it first grows */
  constructor(sizeHint: number = SIZE_START) {
    super();
    this.#starts = new Int32Array(sizeHint + 1);
    // A power of two, at most half full.
    this.#slots = new Int32Array(4 * 2 ** Math.ceil(Math.log2(sizeHint)));
  }

  override get size(): number {
    return this.#size;
  }

  /** The memory that it takes, without the strings that were read. */
  get byteLength(): number {
    return this.#arena.octets.length + this.#starts.byteLength + this.#slots.byteLength;
  }

  override encode(value: string): number {
    const length = bytesOfText(value);
    return this.encodeBytes(scratchView, 0, length);
  }

  override find(value: string): number {
    const length = bytesOfText(value);
    return Math.max(NULL_CODE, (this.#slots[this.#slotOf(scratchView, 0, length)] as number) - 1);
  }

  override decode(code: number): string | undefined {
    if (code < 0 || code >= this.#size) return undefined;
    return (this.#strings[code] ??= this.#text(
      this.#starts[code] as number,
      this.#starts[code + 1] as number,
    ));
  }

  override hashValue(code: number): number {
    const from = this.#starts[code] as number;
    const to = this.#starts[code + 1] as number;
    hashBytes(this.#arena, from, to);
    return to - from;
  }

  #text(from: number, to: number): string {
    return Buffer.from(this.#arena.octets.buffer, from, to - from).toString('utf8');
  }

  /** The code of `bytes[from, to)`, a new one if these bytes are new; NOT_UTF8 if they are not UTF-8. */
  encodeBytes(bytes: ByteView, from: number, to: number): number {
    const slot = this.#slotOf(bytes, from, to);
    const code = (this.#slots[slot] as number) - 1;
    return code >= 0 ? code : this.#add(bytes, from, to, slot);
  }

  /** The slot that holds these bytes, or the free one where they belong. */
  #slotOf(bytes: ByteView, from: number, to: number): number {
    const slots = this.#slots;
    const starts = this.#starts;
    const arena = this.#arena;
    const hash = hashOf(bytes, from, to);
    const mask = slots.length - 2;
    const length = to - from;
    for (let slot = (hash << 1) & mask; ; slot = (slot + 2) & mask) {
      const code = (slots[slot] as number) - 1;
      if (code < 0) {
        slots[slot + 1] = hash;
        return slot;
      }
      if (slots[slot + 1] !== hash) continue;
      const at = starts[code] as number;
      if ((starts[code + 1] as number) - at !== length) continue;
      if (sameBytes(arena, at, bytes, from, length)) return slot;
    }
  }

  #add(bytes: ByteView, from: number, to: number, slot: number): number {
    const code = this.#size;
    const start = this.#starts[code] as number;
    const end = start + (to - from);
    if (end > this.#arena.octets.length) this.#arena = enlarged(this.#arena, end);
    const into = this.#arena.octets;
    const { octets } = bytes;
    let all = 0;
    for (let i = from, at = start; i < to; i++, at++) {
      const octet = octets[i] as number;
      all |= octet;
      into[at] = octet;
    }
    if (all >= 0x80 && !isUtf8(octets.subarray(from, to))) return NOT_UTF8;
    this.#size++;
    if (code + 2 > this.#starts.length) this.#starts = grown(this.#starts);
    this.#starts[code + 1] = end;
    this.#slots[slot] = code + 1;
    if (this.#size * 4 > this.#slots.length) this.#grow();
    return code;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length - 2;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue;
      const hash = old[from + 1] as number;
      let slot = (hash << 1) & mask;
      while (slots[slot] !== 0) slot = (slot + 2) & mask;
      slots[slot] = old[from] as number;
      slots[slot + 1] = hash;
    }
    this.#slots = slots;
  }
}

function sameBytes(
  one: ByteView,
  oneFrom: number,
  other: ByteView,
  otherFrom: number,
  length: number,
): boolean {
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    if (one.view.getInt32(oneFrom + i, true) !== other.view.getInt32(otherFrom + i, true)) return false;
  }
  for (; i < length; i++) if (one.octets[oneFrom + i] !== other.octets[otherFrom + i]) return false;
  return true;
}

function enlarged(arena: ByteView, lengthMin: number): ByteView {
  const twice = byteViewOf(new ArrayBuffer(Math.max(lengthMin, arena.octets.length * 2)));
  twice.octets.set(arena.octets);
  return twice;
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(array.length * 2);
  twice.set(array);
  return twice;
}
