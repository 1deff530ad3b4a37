// A view whose features come by a hop (hot path): they are copied from the answers to the events.
import type { Batch } from '../core/batch.ts';
import type { FeatureAnswers, Hop } from './hop.ts';
import { EntityKeys, NO_KEY } from './entity-keys.ts';
import type { EngineStageContext } from './stage.ts';
import type { ViewState } from './view-state.ts';

export class AnsweredView {
  /** Has no key, and so what a view gives an event without a key. */
  readonly #empty: ViewState;
  readonly #hop: number;
  /** Of the hop: an event without one has no answer. */
  readonly #keys: EntityKeys;
  readonly #answers: FeatureAnswers | undefined;
  readonly #from: number;
  readonly #at: number;
  readonly #missing: (rows: number) => void;

  /** @param view its name, and where its features begin in the vector */
  constructor(
    empty: ViewState,
    index: number,
    hop: Hop,
    { name, at }: { readonly name: string; readonly at: number },
    { answers, telemetry, topology }: EngineStageContext,
  ) {
    this.#empty = empty;
    this.#hop = index;
    this.#keys = new EntityKeys(hop.key);
    this.#answers = answers;
    this.#from = hop.views.find((view) => view.name === name)?.at ?? 0;
    this.#at = at;
    this.#missing = (rows) => telemetry.count('answers_missing_total', rows, { topology, hop: hop.name });
  }

  /** Prepares for a batch, without the predicates and values of the view: its windows are elsewhere. */
  bind(batch: Batch): void {
    this.#empty.bindKeys(batch);
    this.#keys.bind(batch);
  }

  /** Writes the features of these rows of the batch into their vectors. */
  fill(batch: Batch, rows: Int32Array, values: Float32Array, vectorWidth: number): void {
    const { width } = this.#empty;
    let missing = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const base = i * vectorWidth;
      if (this.#keys.idOf(row) === NO_KEY) {
        this.#empty.read(row, batch.eventTimeMs[row] as number, values, base);
        continue;
      }
      const offset = batch.offsets[row] as number;
      const at = base + this.#at;
      if (this.#answers?.read(this.#hop, offset, this.#from, width, values, at) === true) continue;
      values.fill(Number.NaN, at, at + width);
      missing += 1;
    }
    if (missing > 0) this.#missing(missing);
  }
}
