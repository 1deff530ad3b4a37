// A topology opened for one partition: its stages piped into one RxJS observable (hot path).
import { Subject, type Observable } from 'rxjs';
import type { Batch, StreamElement } from '../core/batch.ts';
import type { StageContext, StageInstance } from '../operators/stage.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Topology } from '../topology/define.ts';

/** Rounds of hydration a batch: what one round brings (a bucket of timers) may name keys for the next. */
const HYDRATION_ROUNDS_MAX = 3;

export class Pipeline {
  readonly #source = new Subject<StreamElement>();
  readonly #instances: ReadonlyArray<{ readonly id: string; readonly instance: StageInstance }>;
  readonly output: Observable<StreamElement>;

  constructor(topology: Topology, context: StageContext) {
    this.#instances = topology.stages.map((stage) => ({ id: stage.id, instance: stage.open(context) }));
    this.output = this.#instances.reduce<Observable<StreamElement>>(
      (elements, { instance }) => elements.pipe(instance.operator),
      this.#source,
    );
  }

  push(element: StreamElement): void {
    this.#source.next(element);
  }

  complete(): void {
    this.#source.complete();
  }

  restore(stages: ReadonlyMap<string, Uint8Array>): void {
    for (const { id, instance } of this.#instances) {
      const blob = stages.get(id);
      if (blob !== undefined) instance.restore?.(blob);
    }
  }

  /** Brings the state that a batch needs and memory lacks, all stages in one round trip. */
  async hydrate(batch: Batch, store: StateStore): Promise<void> {
    for (let round = 0; round < HYDRATION_ROUNDS_MAX; round++) {
      const wanted = new Set<string>();
      for (const { instance } of this.#instances) instance.keysWanted?.(batch, wanted);
      if (wanted.size === 0) return;
      const keys = [...wanted];
      const blobs = await store.get(keys);
      for (const [i, key] of keys.entries()) {
        for (const { instance } of this.#instances) instance.hydrate?.(key, blobs[i] ?? null);
      }
    }
  }
}
