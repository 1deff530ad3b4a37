// Which row of a table a record key stands for (control path, once a record): a record without a value deletes the row of
// its key, however the key is encoded, and a row whose key column changes leaves the place that it had.
import { ByteDictionary } from '../../core/byte-dictionary.ts';

const CAPACITY_START = 1_024;
const NONE = -1;
/** Record keys that are copied at once. */
const KEYS_PER_STEP = 2_048;

export class RecordKeys {
  readonly #keys = new ByteDictionary();
  /** By code of a record key: the slot of its row. */
  #slots = new Int32Array(CAPACITY_START).fill(NONE);
  /** By slot: the code of the record key that its row is from. */
  #owners = new Int32Array(CAPACITY_START).fill(NONE);

  get bytes(): number {
    return this.#keys.byteLength + this.#slots.byteLength + this.#owners.byteLength;
  }

  /** Whether a record key has ever written a row. */
  knows(key: Uint8Array): boolean {
    return this.#keys.find(textOf(key)) >= 0;
  }

  /** The slot of the row that a record key has written last, if it is still that key's; -1 for none. */
  slotOf(key: Uint8Array): number {
    const code = this.#keys.find(textOf(key));
    const slot = code < 0 ? NONE : (this.#slots[code] as number);
    return slot >= 0 && this.#owners[slot] === code ? slot : NONE;
  }

  /** A record key has written a row. */
  set(key: Uint8Array, slot: number): void {
    const code = this.#keys.encode(textOf(key));
    this.#slots = withRoom(this.#slots, code);
    this.#owners = withRoom(this.#owners, slot);
    this.#slots[code] = slot;
    this.#owners[slot] = code;
  }

  /**
   * The same for a table whose slots have changed, in steps, between which nothing may be set.
   * @param moved new slots by old ones; -1 for keys that are gone
   */
  *moving(moved: Int32Array): Generator<void, RecordKeys> {
    const keys = new RecordKeys();
    for (let code = 0; code < this.#keys.size; code++) {
      if (code % KEYS_PER_STEP === KEYS_PER_STEP - 1) yield;
      const slot = this.#slots[code] as number;
      const to = slot >= 0 && this.#owners[slot] === code ? (moved[slot] ?? NONE) : NONE;
      if (to >= 0) keys.set(Buffer.from(this.#keys.decode(code) as string, 'latin1'), to);
    }
    return keys;
  }
}

/** Bytes as a string with a character each: the dictionary takes valid UTF-8 alone. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function withRoom(array: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  if (index < array.length) return array;
  const larger = new Int32Array(Math.max(array.length * 2, index + 1)).fill(NONE);
  larger.set(array);
  return larger;
}
