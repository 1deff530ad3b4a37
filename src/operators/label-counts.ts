// How a block of labels changes the numbers of predictions with a label and without one (once a batch).
import type { LabelBlock } from '../core/blocks.ts';
import type { OperatorState } from './stage.ts';

/** Counters of the stage, kept in every checkpoint. */
export interface LabelCounts {
  readonly joined: number;
  readonly never: number;
  /** Predictions with neither: those that wait, and those that a later one of the same key replaced. */
  readonly pending: number;
}

export interface LabelChanges {
  /** Predictions that have a label now, and those that will not get one; negative where corrections are the other way round. */
  readonly joined: number;
  readonly never: number;
}

export function changedCounts({ labels, revisions }: Pick<LabelBlock, 'labels' | 'revisions'>): LabelChanges {
  let joined = 0;
  let never = 0;
  for (const [i, label] of labels.entries()) {
    if (Number.isNaN(label)) never += 1;
    else joined += 1;
    if (revisions === undefined || revisions.numbers[i] === 0) continue;
    if (Number.isNaN(revisions.previous[i])) never -= 1;
    else joined -= 1;
  }
  return { joined, never };
}

export class LabelTotals implements OperatorState {
  #registered = 0;
  #joined = 0;
  #never = 0;

  registered(predictions: number): void {
    this.#registered += predictions;
  }

  add(labels: LabelBlock): void {
    const { joined, never } = changedCounts(labels);
    this.#never += never;
    this.#joined += joined;
  }

  restore(blob: Uint8Array): void {
    const counts = JSON.parse(Buffer.from(blob).toString()) as LabelCounts; // what `snapshot` wrote
    this.#joined = counts.joined;
    this.#never = counts.never;
    this.#registered = counts.joined + counts.never + counts.pending;
  }

  snapshot(): Uint8Array {
    const pending = this.#registered - this.#joined - this.#never;
    const counts: LabelCounts = { joined: this.#joined, never: this.#never, pending };
    return Buffer.from(JSON.stringify(counts));
  }
}
