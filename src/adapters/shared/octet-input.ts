// Bytes of records, read forward (hot path). Many records share a buffer, and many buffers a memory.
import { byteViewOf, type ByteView } from '../../core/byte-view.ts';

const NO_BYTES = Buffer.alloc(0);

export class OctetInput {
  /** What records are in, and its offset in its memory. */
  protected bytes: Buffer = NO_BYTES;
  protected origin = 0;
  /** The memory that many records share; positions refer to it. */
  protected memory: ByteView = byteViewOf(new ArrayBuffer(0));
  protected octets: Uint8Array = this.memory.octets;
  protected at = 0;
  /** End of what is being read. */
  protected end = 0;

  /** Starts reading bytes [from, to). */
  protected enter(bytes: Buffer, from: number, to: number): void {
    if (bytes !== this.bytes) this.#change(bytes);
    this.at = this.origin + from;
    this.end = this.origin + to;
  }

  /** Asking a Buffer for its memory costs more than the comparison that saves it. */
  #change(bytes: Buffer): void {
    this.bytes = bytes;
    this.origin = bytes.byteOffset;
    if (bytes.buffer === this.memory.view.buffer) return;
    this.memory = byteViewOf(bytes.buffer);
    this.octets = this.memory.octets;
  }
}
