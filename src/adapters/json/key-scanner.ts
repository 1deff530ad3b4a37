// The keys of objects that are read as maps (hot path).
import { ConnectScanner } from './connect-scanner.ts';

/** Instead of the length of a key; -1 is that of an item without one. */
export const HALF_A_KEY = -2;
const KEY_BYTES_START = 256;

export class KeyScanner extends ConnectScanner {
  /** The key of the entry that is being read, as UTF-8. */
  protected key: Buffer = Buffer.from(new ArrayBuffer(KEY_BYTES_START));

  /** Copies the name that was read, as its place may be needed for the value; its length, or HALF_A_KEY. */
  protected readKey(): number {
    const { textFrom, textTo } = this;
    const length = this.isEscaped ? this.unescaped() : textTo - textFrom;
    if (length < 0) return HALF_A_KEY;
    if (length > this.key.length) this.key = Buffer.from(new ArrayBuffer(2 * length));
    const from = this.isEscaped ? this.scratch : this.octets;
    const start = this.isEscaped ? 0 : textFrom;
    this.key.set(from.subarray(start, start + length), 0);
    return length;
  }
}
