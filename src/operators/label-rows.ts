// Which rows of a batch are about labels (hot path, once a batch).
import type { Batch } from '../core/batch.ts';
import type { LabelsSettings } from './labels-options.ts';
import { MaskSet } from './predicate.ts';
import type { StageContext } from './stage.ts';

/** Masks of the rows that carry a label, that say none will come, and that take one back; null for what is not declared. */
export interface LabelRowMasks {
  readonly when: Uint8Array;
  readonly never: Uint8Array | null;
  readonly withdrawn: Uint8Array | null;
}

export class LabelRows {
  readonly #masks: MaskSet;
  readonly #hasNever: boolean;
  readonly #hasWithdrawn: boolean;

  constructor({ when, never, withdrawn }: LabelsSettings, context: StageContext) {
    this.#masks = new MaskSet([when, never ?? {}, withdrawn ?? {}], context);
    this.#hasNever = never !== undefined;
    this.#hasWithdrawn = withdrawn !== undefined;
  }

  of(batch: Batch): LabelRowMasks {
    this.#masks.fill(batch);
    const [when, never, withdrawn] = this.#masks.masks as [Uint8Array, Uint8Array, Uint8Array];
    return {
      when,
      never: this.#hasNever ? never : null,
      withdrawn: this.#hasWithdrawn ? withdrawn : null,
    };
  }
}
