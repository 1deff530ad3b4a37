// A uniform sample of bounded size of a stream of matrix rows (hot path).
import { invariant } from '../core/errors.ts';
import { Random } from './random.ts';

/** What a reservoir is restored from; JSON-able but for `rows`. */
export interface ReservoirSnapshot {
  readonly seen: number;
  readonly random: readonly number[];
  readonly rows: Float32Array;
}

/**
 * Keeps `capacity` rows of all the rows it was given, each row with the same chance, by a seeded draw a row: the same
 * rows in the same order give the same sample.
 *
 * Source: algorithm R of J. S. Vitter, "Random sampling with a reservoir" (ACM TOMS 11, 1985). One draw a row is a few
 * nanoseconds; the skipping algorithms save that and take logarithms instead.
 *
 * @example
 * ```ts
 * const reservoir = new RowReservoir(1, 2, 7);
 * reservoir.add(Float32Array.of(1, 2, 3, 4, 5), 5);
 * [reservoir.seen, reservoir.size] // => [5, 2]
 * ```
 */
export class RowReservoir {
  readonly width: number;
  readonly capacity: number;
  readonly #random: Random;
  readonly #rows: Float32Array;
  #seen = 0;

  /** @param width columns of a row; @param capacity rows kept, at least 1; @param seed an integer. */
  constructor(width: number, capacity: number, seed: number) {
    invariant(width >= 1 && capacity >= 1, 'a reservoir has a width and a capacity of at least 1');
    this.width = width;
    this.capacity = capacity;
    this.#random = new Random(seed);
    this.#rows = new Float32Array(width * capacity);
  }

  /** Rows offered so far. */
  get seen(): number {
    return this.#seen;
  }

  /** Rows held: min(seen, capacity). */
  get size(): number {
    return Math.min(this.#seen, this.capacity);
  }

  /** Row-major size x width view of the rows held; valid until the next add. */
  get rows(): Float32Array {
    return this.#rows.subarray(0, this.size * this.width);
  }

  /** Offers the first `rowCount` rows of a row-major matrix. */
  add(matrix: Float32Array, rowCount: number): void {
    const { width, capacity } = this;
    for (let row = 0; row < rowCount; row += 1) {
      this.#seen += 1;
      const slot =
        this.#seen <= capacity ? this.#seen - 1 : Math.floor(this.#random.nextDouble() * this.#seen);
      if (slot >= capacity) continue;
      const from = row * width;
      const to = slot * width;
      for (let column = 0; column < width; column += 1)
        this.#rows[to + column] = matrix[from + column] as number;
    }
  }

  snapshot(): ReservoirSnapshot {
    return { seen: this.#seen, random: this.#random.snapshot(), rows: this.rows.slice() };
  }

  restore(snapshot: ReservoirSnapshot): void {
    this.#seen = snapshot.seen;
    this.#random.restore(snapshot.random);
    this.#rows.fill(0);
    this.#rows.set(snapshot.rows);
  }
}
