// Python's random.Random (control path): River's generators draw from it, so their rows can be drawn here too.

const N = 624;
const M = 397;

/**
 * The Mersenne Twister with the seeding and the distributions of CPython's `random` module, draw by draw.
 *
 * Source: M. Matsumoto, T. Nishimura, "Mersenne Twister" (ACM TOMACS 8, 1998); CPython, Lib/random.py.
 */
export class PythonRandom {
  readonly #state = new Uint32Array(N);
  #at = N;
  #gaussNext: number | null = null;

  /** @param seed an integer in [0, 2^32) */
  constructor(seed: number) {
    this.#fill(19_650_218);
    const state = this.#state;
    let i = 1;
    const mixed = (at: number): number => {
      const before = state[at - 1] as number;
      return before ^ (before >>> 30);
    };
    const wrap = (): void => {
      i += 1;
      if (i < N) return;
      state[0] = state[N - 1] as number;
      i = 1;
    };
    for (let k = 0; k < N; k += 1) {
      state[i] = ((state[i] as number) ^ Math.imul(mixed(i), 1_664_525)) + seed;
      wrap();
    }
    for (let k = 1; k < N; k += 1) {
      state[i] = ((state[i] as number) ^ Math.imul(mixed(i), 1_566_083_941)) - i;
      wrap();
    }
    state[0] = 0x8000_0000;
  }

  #fill(seed: number): void {
    const state = this.#state;
    state[0] = seed;
    for (let i = 1; i < N; i += 1) {
      const before = state[i - 1] as number;
      state[i] = Math.imul(before ^ (before >>> 30), 1_812_433_253) + i;
    }
  }

  #next(): number {
    if (this.#at === N) this.#twist();
    let y = this.#state[this.#at++] as number;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let k = 0; k < N; k += 1) {
      const y = ((state[k] as number) & 0x8000_0000) | ((state[(k + 1) % N] as number) & 0x7fff_ffff);
      state[k] = (state[(k + M) % N] as number) ^ (y >>> 1) ^ ((y & 1) === 1 ? 0x9908_b0df : 0);
    }
    this.#at = 0;
  }

  /** A double in [0, 1). */
  random(): number {
    const high = this.#next() >>> 5;
    const low = this.#next() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  /** An integer of [low, high]. */
  randint(low: number, high: number): number {
    const count = high - low + 1;
    const shift = Math.clz32(count);
    let drawn = this.#next() >>> shift;
    while (drawn >= count) drawn = this.#next() >>> shift;
    return low + drawn;
  }

  /** From the standard normal distribution. */
  gauss(): number {
    const kept = this.#gaussNext;
    this.#gaussNext = null;
    if (kept !== null) return kept;
    const angle = this.random() * 2 * Math.PI;
    const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
    this.#gaussNext = Math.sin(angle) * radius;
    return Math.cos(angle) * radius;
  }
}
