// The stored state of a key as Float64 slots: written at a barrier, read when the key is needed again (hot path).
//
// The bytes: u8 version, u32 fingerprint, u32 number of slots, the packed slots. Little-endian.
import { MillraceError } from '../core/errors.ts';
import { packedBytesMax, packSlots, unpackSlots } from './packed-slots.ts';

const SLOTS_START = 256;

const VERSION = 2;
const HEAD_BYTES = 9;

/** Slots whose presence one slot says. */
const MASK_BITS = 32;

/** Collects the slots of one key's state. One writer serves all keys, one after the other. */
export class StateWriter {
  #slots = new Float64Array(SLOTS_START);
  #length = 0;
  #packed = new DataView(new ArrayBuffer(HEAD_BYTES + packedBytesMax(SLOTS_START)));

  /** Slots written so far. */
  get length(): number {
    return this.#length;
  }

  reset(): void {
    this.#length = 0;
  }

  /** Adds one number. */
  push(value: number): void {
    if (this.#length === this.#slots.length) this.#grow(1);
    this.#slots[this.#length++] = value;
  }

  /** Adds `count` slots of `slab` from `at`. */
  append(slab: Float64Array, at: number, count: number): void {
    if (this.#length + count > this.#slots.length) this.#grow(count);
    for (let i = 0; i < count; i++) this.#slots[this.#length + i] = slab[at + i] as number;
    this.#length += count;
  }

  /**
   * Adds those slots of `slab` from `at` that differ from `empty`: for each 32 slots a mask of which ones follow, lowest bit
   * first, then these.
   */
  appendChanged(slab: Float64Array, at: number, empty: Float64Array): void {
    for (let from = 0; from < empty.length; from += MASK_BITS) {
      const maskAt = this.#length;
      this.push(0);
      const end = Math.min(empty.length, from + MASK_BITS);
      let mask = 0;
      for (let i = from; i < end; i++) {
        const value = slab[at + i] as number;
        if (Object.is(value, empty[i])) continue;
        mask |= 1 << (i - from);
        this.push(value);
      }
      this.set(maskAt, mask >>> 0);
    }
  }

  /** Overwrites a slot that was written before: a count that is known only at the end, say. */
  set(at: number, value: number): void {
    this.#slots[at] = value;
  }

  #grow(count: number): void {
    const grown = new Float64Array(2 * (this.#slots.length + count));
    grown.set(this.#slots);
    this.#slots = grown;
  }

  /** A copy of the slots, packed. @param fingerprint of what gives the slots a meaning, 32 bits */
  bytes(fingerprint: number): Uint8Array {
    const most = HEAD_BYTES + packedBytesMax(this.#length);
    if (this.#packed.byteLength < most) this.#packed = new DataView(new ArrayBuffer(2 * most));
    const packed = this.#packed;
    packed.setUint8(0, VERSION);
    packed.setUint32(1, fingerprint, true);
    packed.setUint32(5, this.#length, true);
    const end = packSlots(this.#slots, this.#length, packed, HEAD_BYTES);
    return new Uint8Array(packed.buffer.slice(0, end));
  }
}

/** Reads the slots of one key's state, which a store gave back. Every read checks that the state has as much. */
export class StateReader {
  readonly #key: string;
  readonly #slots: Float64Array;
  #at = 0;

  /** @param key whose state it is, for the error */
  constructor(key: string, slots: Float64Array) {
    this.#key = key;
    this.#slots = slots;
  }

  /**
   * @param fingerprint as the writer had it
   * @throws MillraceError STORE_FAILED where the bytes are not whole slots, or another declaration has written them
   */
  static of(key: string, bytes: Uint8Array, fingerprint: number): StateReader {
    if (bytes.length < HEAD_BYTES) throw foreignState(key);
    const head = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
    const isOurs = head.getUint8(0) === VERSION && head.getUint32(1, true) === fingerprint;
    const slots = isOurs ? unpackSlots(bytes, HEAD_BYTES, head.getUint32(5, true)) : null;
    if (slots === null) throw foreignState(key);
    return new StateReader(key, slots);
  }

  /** Slots that are left. */
  get left(): number {
    return this.#slots.length - this.#at;
  }

  /** The next number. */
  next(): number {
    if (this.left < 1) throw this.foreign();
    return this.#slots[this.#at++] as number;
  }

  /** The next number, which is a count of at most `max`: nothing from a store bounds a loop unchecked. */
  count(max: number): number {
    const count = this.next();
    if (!Number.isInteger(count) || count < 0 || count > max) throw this.foreign();
    return count;
  }

  /** Copies the next `count` slots to `slab` at `at`. */
  take(count: number, slab: Float64Array, at: number): void {
    if (this.left < count) throw this.foreign();
    slab.set(this.#slots.subarray(this.#at, this.#at + count), at);
    this.#at += count;
  }

  /** Copies what `appendChanged` added of `count` slots to `slab` at `at`; the others stay. */
  takeChanged(count: number, slab: Float64Array, at: number): void {
    for (let from = 0; from < count; from += MASK_BITS) {
      const mask = this.count(2 ** MASK_BITS - 1);
      const slots = Math.min(count - from, MASK_BITS);
      if (mask >= 2 ** slots) throw this.foreign();
      for (let i = 0; i < slots; i++) if (((mask >>> i) & 1) === 1) slab[at + from + i] = this.next();
    }
  }

  /** A reader of the next `count` slots alone. */
  part(count: number): StateReader {
    if (this.left < count) throw this.foreign();
    this.#at += count;
    return new StateReader(this.#key, this.#slots.subarray(this.#at - count, this.#at));
  }

  /** The error for state that other windows have written. */
  foreign(): MillraceError {
    return foreignState(this.#key);
  }
}

function foreignState(key: string): MillraceError {
  return new MillraceError('STORE_FAILED', 'the stored state does not fit the windows that are declared', {
    where: key,
    remedy:
      'Give the stage or the topology another name where its windows have changed, or empty the state store.',
  });
}
