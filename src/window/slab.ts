// The slots of all keys of a window in one array (off the hot path: it grows by doubling).

/** A slab with room for so many slots: the same, or a longer one with what it has. */
export function withRoom(slab: Float64Array, length: number): Float64Array {
  if (length <= slab.length) return slab;
  const longer = new Float64Array(length);
  longer.set(slab);
  return longer;
}
