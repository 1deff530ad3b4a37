// Deletions of rows that have not come yet (control path): versions may come in any order, so a record without a value may come
// before the records of its key that are earlier in time. Which row it deletes is known once one of these has come.
import { EARLY_DELETIONS_MAX } from '../../core/table-limits.ts';

export class EarlyDeletions {
  /** By record key, a character for each byte: their times, in the order in which they came. */
  readonly #times = new Map<string, number[]>();

  /** Beyond the bound the key that has waited longest is forgotten: most of them delete what compaction has removed. */
  add(key: Uint8Array, timeMs: number): void {
    const text = textOf(key);
    const known = this.#times.get(text);
    if (known !== undefined) {
      known.push(timeMs);
      // A key that is deleted again and again: a table keeps no more versions of it either.
      if (known.length > TIMES_MAX) known.shift();
      return;
    }
    this.#times.set(text, [timeMs]);
    if (this.#times.size <= EARLY_DELETIONS_MAX) return;
    const [oldest] = this.#times.keys();
    if (oldest !== undefined) this.#times.delete(oldest);
  }

  /** The times of a key's deletions, which are forgotten. */
  take(key: Uint8Array): readonly number[] {
    if (this.#times.size === 0) return NONE;
    const text = textOf(key);
    const times = this.#times.get(text);
    if (times === undefined) return NONE;
    this.#times.delete(text);
    return times;
  }
}

const NONE: readonly number[] = [];
const TIMES_MAX = 100;

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
