// Float64 slots in few bytes (hot path, once a key and commit): most are counts, times, zeros, and numbers that are whole or
// have the precision of a Float32. Every number comes back as it was, -0 and infinities included.
//
// Groups of four slots: a byte with two bits for each, the lowest first, then what they say of each.
//   0  the number 0: nothing
//   1  a whole number: LEB128 of 2n, or of -2n - 1 if it is negative
//   2  a Float32
//   3  a Float64
// Little-endian. Missing slots of the last group are zeros.

const GROUP = 4;
/** Bytes of a group at the most. */
const GROUP_BYTES_MAX = 1 + GROUP * 8;
/** Whole numbers below take four bytes at the most, as many as a Float32. */
const SHORT = 2 ** 27;
/** Whole numbers below take seven bytes at the most. */
const LONG = 2 ** 48;
const BITS_28 = 2 ** 28;

/** Bytes that so many slots take at the most. */
export function packedBytesMax(count: number): number {
  return Math.ceil(count / GROUP) * GROUP_BYTES_MAX;
}

function isWhole(value: number, below: number): boolean {
  return value < below && value > -below && Math.trunc(value) === value && !Object.is(value, -0);
}

/** Packs the first `count` slots into `into`, which has room, from `at` on. Returns the end. */
export function packSlots(slots: Float64Array, count: number, into: DataView, at: number): number {
  for (let from = 0; from < count; from += GROUP) {
    const controlAt = at++;
    let control = 0;
    const end = Math.min(count, from + GROUP);
    for (let i = from; i < end; i++) {
      const value = slots[i] as number;
      if (value === 0 && Object.is(value, 0)) continue;
      const shift = 2 * (i - from);
      if (isWhole(value, SHORT)) {
        control |= 1 << shift;
        at = packWhole(value, into, at);
      } else if (Object.is(Math.fround(value), value)) {
        control |= 2 << shift;
        into.setFloat32(at, value, true);
        at += 4;
      } else if (isWhole(value, LONG)) {
        control |= 1 << shift;
        at = packWhole(value, into, at);
      } else {
        control |= 3 << shift;
        into.setFloat64(at, value, true);
        at += 8;
      }
    }
    into.setUint8(controlAt, control);
  }
  return at;
}

function packWhole(value: number, into: DataView, at: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  // Beyond 31 bits there are no shifts.
  for (; rest >= BITS_28; rest = Math.floor(rest / 128)) into.setUint8(at++, (rest % 128) | 0x80);
  let small = rest | 0;
  for (; small >= 0x80; small >>>= 7) into.setUint8(at++, (small & 0x7f) | 0x80);
  into.setUint8(at++, small);
  return at;
}

/** Unpacks all bytes from `at` on into `count` slots; null where they are not that many slots. */
export function unpackSlots(bytes: Uint8Array, at: number, count: number): Float64Array | null {
  // Nothing from a store decides on an allocation unchecked: a group has a byte at the least.
  if (count > GROUP * (bytes.length - at)) return null;
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const slots = new Float64Array(count);
  let control = 0;
  for (let i = 0; i < count; i++) {
    if (i % GROUP === 0) {
      if (at === bytes.length) return null;
      control = from.getUint8(at++);
    } else control >>>= 2;
    const kind = control & 3;
    if (kind === 0) continue;
    if (kind === 1) {
      let rest = 0;
      let scale = 1;
      let byte = 0x80;
      for (; byte >= 0x80; scale *= 128) {
        if (at === bytes.length || scale > LONG) return null;
        byte = from.getUint8(at++);
        rest += (byte & 0x7f) * scale;
      }
      slots[i] = rest % 2 === 0 ? rest / 2 : -(rest + 1) / 2;
    } else {
      const width = kind === 2 ? 4 : 8;
      if (at + width > bytes.length) return null;
      slots[i] = kind === 2 ? from.getFloat32(at, true) : from.getFloat64(at, true);
      at += width;
    }
  }
  return at === bytes.length ? slots : null;
}
