// A Protocol Buffers message as its fields, which are not read (control path): what an edit leaves alone is written back byte
// for byte, whether Millrace knows it or not.
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { MillraceError, messageOf } from '../core/errors.ts';

export interface RawField {
  readonly tag: number;
  /** The field with its tag, as a view of the message's bytes. */
  readonly whole: Uint8Array;
  /** What a length-delimited field holds; null for a field of another wire type. */
  readonly body: Uint8Array | null;
}

/** @throws MODEL_INVALID where the bytes are no message */
export function rawFields(bytes: Uint8Array): RawField[] {
  const from = new BinaryReader(bytes);
  const fields: RawField[] = [];
  try {
    while (from.pos < from.len) {
      const start = from.pos;
      const [tag, wireType] = from.tag();
      const body = wireType === WireType.LengthDelimited ? from.bytes() : null;
      if (body === null) from.skip(wireType, tag);
      if (from.pos > from.len) throw new RangeError(`a field ends at byte ${from.pos} of ${from.len}`);
      fields.push({ tag, whole: bytes.subarray(start, from.pos), body });
    }
  } catch (cause) {
    throw new MillraceError('MODEL_INVALID', `the bytes are no ONNX model: ${messageOf(cause)}`, { cause });
  }
  return fields;
}

/** A field that holds a message, a text or bytes. */
export function delimited(tag: number, body: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(tag, WireType.LengthDelimited).bytes(body).finish();
}
