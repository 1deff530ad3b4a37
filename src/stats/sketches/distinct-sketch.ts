// The number of distinct values in Float64 slots (hot path): the values themselves as long as there is room for them, then
// the registers of a HyperLogLog in the same slots (Flajolet, Fusy, Gandouet, Meunier: HyperLogLog, 2007). What the slots
// hold depends on the set of values alone, so that merging is exact.
import { RANK_BITS, estimateDistinct } from '../hyper-log-log.ts';
import { hashed, hashNumber } from '../../core/value-hash.ts';

/** Registers of 6 bits in a slot, an integer below 2^48. */
const PER_SLOT = 8;
const FIELD_BITS = 6;
const FIELD_MAX = 2 ** FIELD_BITS - 1;
const HALF = 2 ** 24;
/** What a register of each place in a slot counts by. */
const PLACES = Float64Array.from({ length: PER_SLOT }, (_, i) => 2 ** (FIELD_BITS * i));

/** In place of the number of values: the slots hold registers. */
const REGISTERS = -1;
const PRECISION_MAX = 14;

const spare = new Float64Array(2 ** PRECISION_MAX / PER_SLOT);
const counts = new Float64Array(RANK_BITS + 2);

export interface DistinctSketch {
  readonly width: number;
  /** Up to so many values the number is exact. */
  readonly exactMax: number;
  /** Registers, of which the relative standard error is 1.04 / sqrt(registers). */
  readonly registers: number;
  add(this: void, slab: Float64Array, at: number, value: number): void;
  merge(this: void, to: Float64Array, a: number, from: Float64Array, b: number): void;
  estimate(this: void, slab: Float64Array, at: number): number;
}

/** First of the `count` slots from `first`, which ascend, that is not below `value`; `first + count` if there is none. */
function placeOf(slab: Float64Array, first: number, count: number, value: number): number {
  let low = first;
  let high = first + count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((slab[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Raises the register of a value. */
function raise(slab: Float64Array, first: number, value: number, precision: number): void {
  hashNumber(value);
  const index = hashed.high >>> (32 - precision);
  const rank = Math.clz32(hashed.low) + 1;
  const slot = first + (index >>> 3);
  const place = index & (PER_SLOT - 1);
  const word = slab[slot] as number;
  const part = place < 4 ? word % HALF : Math.floor(word / HALF);
  const before = (part >>> (FIELD_BITS * (place & 3))) & FIELD_MAX;
  if (rank > before) slab[slot] = word + (rank - before) * (PLACES[place] as number);
}

/** The higher one of each register of two halves of slots. */
function higher(a: number, b: number): number {
  let both = 0;
  for (let mask = FIELD_MAX; mask < HALF; mask *= FIELD_MAX + 1) both |= Math.max(a & mask, b & mask);
  return both;
}

/** @param precision 4 to 14: there are 2^precision registers */
export function distinctSketch(precision: number): DistinctSketch {
  const registers = 2 ** precision;
  const slots = registers / PER_SLOT;

  function toRegisters(slab: Float64Array, at: number): void {
    const count = Math.min(slab[at] as number, slots);
    for (let i = 0; i < count; i++) spare[i] = slab[at + 1 + i] as number;
    slab.fill(0, at + 1, at + 1 + slots);
    slab[at] = REGISTERS;
    for (let i = 0; i < count; i++) raise(slab, at + 1, spare[i] as number, precision);
  }

  function add(slab: Float64Array, at: number, given: number): void {
    const value = given === 0 ? 0 : given; // not -0
    const count = slab[at] as number;
    if (count === REGISTERS) return raise(slab, at + 1, value, precision);
    const place = placeOf(slab, at + 1, count, value);
    if (place < at + 1 + count && slab[place] === value) return;
    if (count >= slots) {
      toRegisters(slab, at);
      return raise(slab, at + 1, value, precision);
    }
    slab.copyWithin(place + 1, place, at + 1 + count);
    slab[place] = value;
    slab[at] = count + 1;
  }

  function merge(to: Float64Array, a: number, from: Float64Array, b: number): void {
    const count = from[b] as number;
    if (count !== REGISTERS) {
      for (let i = 1; i <= Math.min(count, slots); i++) add(to, a, from[b + i] as number);
      return;
    }
    if (to[a] !== REGISTERS) toRegisters(to, a);
    for (let i = 1; i <= slots; i++) {
      const x = to[a + i] as number;
      const y = from[b + i] as number;
      if (x === y || y === 0) continue;
      const upper = higher(Math.floor(x / HALF), Math.floor(y / HALF));
      to[a + i] = upper * HALF + higher(x % HALF, y % HALF);
    }
  }

  function estimate(slab: Float64Array, at: number): number {
    if (slab[at] !== REGISTERS) return slab[at] as number;
    counts.fill(0);
    for (let i = 1; i <= slots; i++) {
      const word = slab[at + i] as number;
      countFields(word % HALF);
      countFields(Math.floor(word / HALF));
    }
    return estimateDistinct(counts, registers);
  }

  return { width: 1 + slots, exactMax: slots, registers, add, merge, estimate };
}

function countFields(half: number): void {
  for (let shift = 0; shift < 4 * FIELD_BITS; shift += FIELD_BITS) {
    const rank = Math.min((half >>> shift) & FIELD_MAX, RANK_BITS + 1);
    counts[rank] = (counts[rank] as number) + 1;
  }
}
