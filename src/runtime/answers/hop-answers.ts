// Answers of one hop that wait for their events (hot path): rows of one array, found by the offset of the event.
import { ANSWERS_AHEAD_MAX } from '../../core/answer-limits.ts';
import type { AnswerReader } from './answer-record.ts';

const ROWS_AT_FIRST = 1_024;

/** The answer has no features. */
const NOTHING = -1;

export class HopAnswers {
  readonly #width: number;
  readonly #fingerprint: number;
  readonly #rowOf = new Map<number, number>();
  #values: Float32Array;
  #free: number[] = [];
  #rows = 0;
  /** Offsets that a batch waits for. */
  readonly #wanted = new Set<number>();
  /** Offsets of the batch that has asked last. */
  #asked: Float64Array = new Float64Array(0);

  constructor(width: number, fingerprint: number) {
    this.#width = width;
    this.#fingerprint = fingerprint;
    this.#values = new Float32Array(ROWS_AT_FIRST * width);
  }

  get isAwaited(): boolean {
    return this.#wanted.size > 0;
  }

  /** The highest offset that is waited for; -Infinity for none. */
  get highestWanted(): number {
    let highest = Number.NEGATIVE_INFINITY;
    for (const offset of this.#wanted) highest = Math.max(highest, offset);
    return highest;
  }

  /** Waits for answers to these events, ascending; those that were waited for before have been read. */
  want(offsets: Float64Array): void {
    for (const offset of this.#asked) this.#drop(offset);
    this.#asked = offsets;
    for (const offset of offsets) if (!this.#rowOf.has(offset)) this.#wanted.add(offset);
  }

  /**
   * Takes the answers to events from `from` on, before `to`.
   * @returns the first event that is left out; null if there is none
   */
  take(answers: AnswerReader, from: number, to: number): number | null {
    // Features of another declaration say nothing.
    const isOurs = answers.fingerprint === this.#fingerprint && answers.width === this.#width;
    let beyond: number | null = null;
    for (let i = 0; i < answers.count; i++) {
      const offset = answers.offset(i);
      if (offset < from || this.#rowOf.has(offset)) continue;
      // Events of many items have as many answers.
      if (offset >= to || (this.#rowOf.size >= ANSWERS_AHEAD_MAX && !this.#wanted.has(offset))) {
        beyond = Math.min(beyond ?? offset, offset);
        continue;
      }
      this.#wanted.delete(offset);
      const row = isOurs ? this.#newRow() : NOTHING;
      if (isOurs) answers.copy(i, this.#values, row * this.#width);
      this.#rowOf.set(offset, row);
    }
    return beyond;
  }

  /** There will be no answer to the events before `offset` that are waited for. */
  giveUp(offset: number): void {
    for (const wanted of this.#wanted) {
      if (wanted >= offset) continue;
      this.#wanted.delete(wanted);
      this.#rowOf.set(wanted, NOTHING);
    }
  }

  forget(below: number): void {
    for (const offset of this.#rowOf.keys()) if (offset < below) this.#drop(offset);
  }

  #drop(offset: number): void {
    const row = this.#rowOf.get(offset);
    this.#rowOf.delete(offset);
    if (row !== undefined && row !== NOTHING) this.#free.push(row);
  }

  /** @returns false if the answer has no features, or there is none */
  read(offset: number, from: number, width: number, out: Float32Array, at: number): boolean {
    const row = this.#rowOf.get(offset) ?? NOTHING;
    if (row === NOTHING) return false;
    const values = this.#values;
    const base = row * this.#width + from;
    for (let f = 0; f < width; f++) out[at + f] = values[base + f] as number;
    return true;
  }

  #newRow(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if ((this.#rows + 1) * this.#width > this.#values.length) {
      const grown = new Float32Array(Math.max(2 * this.#values.length, this.#width));
      grown.set(this.#values);
      this.#values = grown;
    }
    return this.#rows++;
  }
}
