// An accumulator of figures whose state is sums (control path): what tasks with one share.
import type { FigureAccumulator } from './task.ts';

/** Sums over rows that a task's figures are computed from. */
interface Sums<Own> {
  readonly count: number;
  merge(other: Own): void;
  snapshot(): ArrayLike<number>;
  /** Checks the length. */
  restore(sums: readonly number[]): void;
}

export abstract class SummedFigures<S extends Sums<S>> implements FigureAccumulator {
  protected readonly rows: S;

  constructor(rows: S) {
    this.rows = rows;
  }

  get count(): number {
    return this.rows.count;
  }

  abstract add(score: number, label: number, evidence?: ArrayLike<number>, at?: number): void;
  abstract remove(score: number, label: number, evidence?: ArrayLike<number>, at?: number): void;
  abstract figures(): Readonly<Record<string, number>>;

  merge(other: SummedFigures<S>): void {
    this.rows.merge(other.rows);
  }

  snapshot(): number[] {
    return Array.from(this.rows.snapshot());
  }

  restore(snapshot: unknown): void {
    this.rows.restore(snapshot as number[]); // checked for its length
  }
}
