// The keys of the map that is being read (hot path): of several entries with one key the last counts, in the place of the first.
import { ByteDictionary } from './byte-dictionary.ts';
import { byteViewOf } from './byte-view.ts';
import { DICTIONARY_SIZE_MAX } from './event-limits.ts';

const STAMP_MAX = 2 ** 31 - 1;
const KEYS_START = 64;

export class MapKeys {
  #keys = new ByteDictionary();
  /** By code: the map that had the key last, and its item there. */
  #stamps = new Int32Array(KEYS_START);
  #items = new Int32Array(KEYS_START);
  #stamp = 0;
  #memory = byteViewOf(new ArrayBuffer(0));

  /** Starts a map. */
  begin(): void {
    if (this.#stamp === STAMP_MAX || this.#keys.size >= DICTIONARY_SIZE_MAX) {
      this.#keys = new ByteDictionary();
      this.#stamps.fill(0);
      this.#stamp = 0;
    }
    this.#stamp++;
  }

  /**
   * The item of the map that has the key in bytes [from, to); -1 if none has, -2 if the key is not UTF-8.
   * @param next the item that has it from now on, if none has
   */
  itemOf(bytes: Uint8Array, from: number, to: number, next: number): number {
    const { buffer, byteOffset } = bytes;
    if (this.#memory.view.buffer !== buffer) this.#memory = byteViewOf(buffer);
    const code = this.#keys.encodeBytes(this.#memory, byteOffset + from, byteOffset + to);
    if (code < 0) return code;
    if (code >= this.#stamps.length) this.#grow();
    if (this.#stamps[code] === this.#stamp) return this.#items[code] as number;
    this.#stamps[code] = this.#stamp;
    this.#items[code] = next;
    return -1;
  }

  #grow(): void {
    const stamps = new Int32Array(this.#stamps.length * 2);
    const items = new Int32Array(stamps.length);
    stamps.set(this.#stamps);
    items.set(this.#items);
    this.#stamps = stamps;
    this.#items = items;
  }
}
