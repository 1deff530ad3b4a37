// Labels that replace the one that a prediction has (hot path): the prediction is kept with its label for as long as a later
// event of its key may correct it. The order is that of the events in the log, whatever their event times.
import type { LabelBlockBuilder } from './label-block.ts';
import type { LabelsSettings } from './labels-options.ts';
import type { EarlyLabel } from './early-labels.ts';
import { PendingPredictions, SETTLED } from './pending-predictions.ts';
import type { PendingPrediction } from './pending-record.ts';
import type { StageContext } from './stage.ts';
import type { StateChanges } from './state-changes.ts';

export class LabelCorrections {
  readonly #withinMs: number;
  readonly #context: StageContext;
  readonly #settled: PendingPredictions;
  #corrected = 0;
  #withdrawn = 0;
  #late = 0;

  constructor({ correctedWithinMs }: LabelsSettings, context: StageContext) {
    this.#withinMs = correctedWithinMs;
    this.#context = context;
    this.#settled = new PendingPredictions(
      correctedWithinMs,
      context.restoredWatermarkMs,
      context.hotKeysMax,
      SETTLED,
    );
  }

  /** Keeps a prediction with its first label, or with the word that it has none (NaN). */
  settle(pending: PendingPrediction, label: number): void {
    this.#settled.add({ ...pending, settled: { label: Math.fround(label), revision: 0 } });
  }

  /**
   * Replaces the label of the key's prediction. Returns whether there is one: the event is then not one of another prediction.
   * @param label NaN to take back what it has
   * @param position place in the stream of the event
   */
  correct(
    out: LabelBlockBuilder,
    key: string,
    { label, timeMs, offset }: EarlyLabel,
    position: number,
  ): boolean {
    const known = this.#settled.get(key);
    if (known?.settled === undefined) return false;
    if (timeMs > known.timeMs + this.#withinMs) {
      this.#late += 1;
      return true;
    }
    const next = Math.fround(label);
    // Producers repeat what they have said: nothing is new.
    if (Object.is(next, known.settled.label)) return true;
    out.add(known, next, timeMs, offset, position);
    if (Number.isNaN(next)) this.#withdrawn += 1;
    else this.#corrected += 1;
    this.#settled.update({ ...known, settled: { label: next, revision: known.settled.revision + 1 } });
    return true;
  }

  /** Forgets what can no longer be corrected. */
  expire(watermarkMs: number): void {
    if (this.#settled.isDue(watermarkMs)) this.#settled.takeExpired(watermarkMs);
  }

  /** Counts what the batch has brought. */
  report(): void {
    const { telemetry, topology } = this.#context;
    if (this.#corrected > 0) telemetry.count('labels_corrected_total', this.#corrected, { topology });
    if (this.#withdrawn > 0) telemetry.count('labels_withdrawn_total', this.#withdrawn, { topology });
    if (this.#late > 0) telemetry.count('labels_unmatched_total', this.#late, { topology });
    this.#corrected = 0;
    this.#withdrawn = 0;
    this.#late = 0;
  }

  evict(): void {
    this.#settled.evict();
  }

  wantKey(key: string, into: Set<string>): void {
    this.#settled.wantKey(key, into);
  }

  wantTimers(timeMs: number, into: Set<string>): void {
    this.#settled.wantTimers(timeMs, into);
  }

  hydrate(key: string, blob: Uint8Array | null): void {
    this.#settled.hydrate(key, blob);
  }

  snapshot(changes: StateChanges): void {
    this.#settled.snapshot(changes);
  }
}
