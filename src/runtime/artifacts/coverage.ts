// How much of an artifact has come (control path): parts come in any order, and more than once.

export class Coverage {
  /** Lengths of the parts beyond the end, by position. */
  readonly #waiting = new Map<number, number>();
  #end = 0;

  /** Everything before it has come. */
  get end(): number {
    return this.#end;
  }

  add(position: number, length: number): void {
    if (position > this.#end) {
      this.#waiting.set(position, Math.max(length, this.#waiting.get(position) ?? 0));
      return;
    }
    this.#end = Math.max(this.#end, position + length);
    for (const next of [...this.#waiting.keys()].sort((a, b) => a - b)) {
      if (next > this.#end) break;
      this.#end = Math.max(this.#end, next + (this.#waiting.get(next) ?? 0));
      this.#waiting.delete(next);
    }
  }
}
