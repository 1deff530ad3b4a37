// Memory for reads of words and of bytes (hot path).

/** The same memory as a DataView, for words, and as octets. It is kept, as creating one costs more than a read. */
export interface ByteView {
  readonly view: DataView;
  readonly octets: Uint8Array;
}

export function byteViewOf(buffer: ArrayBufferLike): ByteView {
  return { view: new DataView(buffer), octets: new Uint8Array(buffer) };
}
