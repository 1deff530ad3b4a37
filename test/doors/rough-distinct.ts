// An estimate of the number of distinct strings by linear counting (Whang et al., 1990): an aggregate of a string column.
import { defineAggregate, type StringAggregate } from 'millrace';

const WORDS = 16;
const BITS = 32 * WORDS;

/** Number of set bits of an integer below 2^32. */
function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

export const roughDistinct: StringAggregate = defineAggregate({
  name: 'rough-distinct',
  input: 'string',
  width: WORDS,
  add: (slab, at, hash) => {
    const bit = hash % BITS;
    const word = at + (bit >>> 5);
    slab[word] = (slab[word]! | (1 << (bit & 31))) >>> 0;
  },
  merge: (to, a, from, b) => {
    for (let i = 0; i < WORDS; i++) to[a + i] = (to[a + i]! | from[b + i]!) >>> 0;
  },
  read: (slab, at) => {
    let set = 0;
    for (let i = 0; i < WORDS; i++) set += bitCount(slab[at + i]!);
    return -BITS * Math.log(1 - Math.min(set, BITS - 1) / BITS);
  },
});
