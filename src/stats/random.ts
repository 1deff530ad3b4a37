// A small seeded generator (control path): what is drawn at random here is drawn the same on every machine and run.

const MASK_64 = 0xffff_ffff_ffff_ffffn;

/**
 * xoshiro128** with a state filled by SplitMix64: 32 bits a draw, period 2^128 - 1.
 *
 * Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators" (ACM TOMS 47, 2021) and their
 * public-domain code at prng.di.unimi.it; SplitMix64 for seeding is what they recommend there. Not for secrets.
 *
 * @example
 * ```ts
 * const random = new Random(42);
 * const state = random.snapshot();
 * const first = random.nextUint32();
 * random.restore(state);
 * random.nextUint32() === first // => true
 * ```
 */
export class Random {
  readonly #state: Uint32Array = new Uint32Array(4);

  /** @param seed an integer; equal seeds draw equal sequences. */
  constructor(seed: number) {
    let x = BigInt(Math.trunc(seed)) & MASK_64;
    for (let i = 0; i < 4; i += 2) {
      x = (x + 0x9e37_79b9_7f4a_7c15n) & MASK_64;
      let z = x;
      z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK_64;
      z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK_64;
      z ^= z >> 31n;
      this.#state[i] = Number(z & 0xffff_ffffn);
      this.#state[i + 1] = Number(z >> 32n);
    }
  }

  /** An integer in [0, 2^32). */
  nextUint32(): number {
    const s = this.#state;
    const s1 = s[1] as number;
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    s[2] = (s[2] as number) ^ (s[0] as number);
    s[3] = (s[3] as number) ^ s1;
    s[1] = s1 ^ s[2];
    s[0] = (s[0] as number) ^ s[3];
    s[2] = s[2] ^ (s1 << 9);
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** A double in [0, 1) with all 53 bits drawn. */
  nextDouble(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  }

  /** An integer in [0, bound), each equally likely (draws past the last whole multiple are thrown away). 1 <= bound < 2^32. */
  nextInt(bound: number): number {
    const whole = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    let draw = this.nextUint32();
    while (draw >= whole) draw = this.nextUint32();
    return draw % bound;
  }

  /** Four unsigned 32-bit integers. */
  snapshot(): number[] {
    return Array.from(this.#state);
  }

  restore(state: readonly number[]): void {
    this.#state.set(state);
  }
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
