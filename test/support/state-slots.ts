// The slots of a view's stored state (for tests of damaged ones).
import { packedBytesMax, packSlots, unpackSlots } from '../../src/window/packed-slots.ts';

const HEAD_BYTES = 9;

export function slotsOf(state: Uint8Array): number[] {
  const count = new DataView(state.buffer, state.byteOffset).getUint32(5, true);
  const slots = unpackSlots(state, HEAD_BYTES, count);
  if (slots === null) throw new Error('the state is damaged');
  return [...slots];
}

/** A state of the same declaration with these slots. */
export function withSlots(state: Uint8Array, slots: readonly number[]): Uint8Array {
  const into = new DataView(new ArrayBuffer(HEAD_BYTES + packedBytesMax(slots.length)));
  new Uint8Array(into.buffer).set(state.subarray(0, HEAD_BYTES));
  into.setUint32(5, slots.length, true);
  const end = packSlots(Float64Array.from(slots), slots.length, into, HEAD_BYTES);
  return new Uint8Array(into.buffer, 0, end);
}
