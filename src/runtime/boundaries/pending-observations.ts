// Which observations no boundary has taken yet, by partition (control path): a start from a snapshot reads them again.

/** A run of records up to a boundary, or up to now. */
interface Run {
  readonly from: number;
  /** Infinity while no boundary has been reached, ms. */
  untilMs: number;
}

export class PendingObservations {
  readonly #runs = new Map<number, Run[]>();

  add(partition: number, offset: number): void {
    const runs = this.#runs.get(partition) ?? [];
    this.#runs.set(partition, runs);
    if (runs.at(-1)?.untilMs !== Number.POSITIVE_INFINITY)
      runs.push({ from: offset, untilMs: Number.POSITIVE_INFINITY });
  }

  /** The partition's newest record has reached a boundary. */
  reached(partition: number, atMs: number): void {
    const last = this.#runs.get(partition)?.at(-1);
    if (last !== undefined) last.untilMs = atMs;
  }

  /** The boundary takes everything up to it, also from partitions that came late. */
  decided(atMs: number): void {
    for (const [partition, runs] of this.#runs)
      this.#runs.set(
        partition,
        runs.filter(({ untilMs }) => untilMs > atMs),
      );
  }

  /** Partitions with records that no boundary has taken, and the first offset of each. */
  firsts(): Array<readonly [partition: number, offset: number]> {
    return [...this.#runs].flatMap(([partition, [first]]) =>
      first === undefined ? [] : [[partition, first.from] as const],
    );
  }

  clear(): void {
    this.#runs.clear();
  }
}
