// A topology opened for one partition: its stages piped into one RxJS observable (hot path).
import { concat, concatMap, from, ignoreElements, of, Subject, type Observable } from 'rxjs';
import type { Barrier, Batch, StreamElement } from '../../core/batch.ts';
import type { StageContext, StageInstance } from '../../operators/stage.ts';
import type { StateStore } from '../../ports/state-store.ts';
import type { Topology } from '../../topology/define.ts';

/** Rounds of hydration a batch: what one round brings (a bucket of timers) may name keys for the next. */
const HYDRATION_ROUNDS_MAX = 3;

export class Pipeline {
  readonly #source = new Subject<StreamElement>();
  readonly #instances: ReadonlyArray<{ readonly id: string; readonly instance: StageInstance }>;
  readonly output: Observable<StreamElement>;

  constructor(topology: Topology, context: StageContext) {
    const instances: Array<{ readonly id: string; readonly instance: StageInstance }> = [];
    for (const stage of topology.stages) {
      instances.push({ id: stage.id, instance: stage.open(withStages(context, [...instances])) });
    }
    this.#instances = instances;
    const output = this.#instances.reduce<Observable<StreamElement>>(
      (elements, { instance }) => elements.pipe(instance.operator),
      this.#source,
    );
    this.output = topology.score === null ? output.pipe(concatMap(heldAtBarriers)) : output;
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

  /** Brings the state that a batch needs and memory lacks: all stages in one round trip, each key asked for once. */
  async hydrate(batch: Batch, store: Pick<StateStore, 'get'>): Promise<void> {
    for (const { instance } of this.#instances) instance.evict?.();
    await this.#bring(store, (wanted) => {
      let seen = batch;
      for (const { instance } of this.#instances) {
        instance.keysWanted?.(seen, wanted);
        seen = instance.preview?.(seen) ?? seen;
      }
    });
  }

  /** Brings the state that a watermark needs which no batch brings. */
  async hydrateUntil(watermarkMs: number, store: Pick<StateStore, 'get'>): Promise<void> {
    await this.#bring(store, (wanted) => {
      for (const { instance } of this.#instances) instance.keysDue?.(watermarkMs, wanted);
    });
  }

  async #bring(store: Pick<StateStore, 'get'>, want: (into: Set<string>) => void): Promise<void> {
    const asked = new Set<string>();
    for (let round = 0; round < HYDRATION_ROUNDS_MAX; round++) {
      const wanted = new Set<string>();
      want(wanted);
      const keys = [...wanted].filter((key) => !asked.has(key));
      if (keys.length === 0) return;
      for (const key of keys) asked.add(key);
      const blobs = await store.get(keys);
      for (const [i, key] of keys.entries()) {
        for (const { instance } of this.#instances) instance.hydrate?.(key, blobs[i] ?? null);
      }
    }
  }
}

/**
 * What follows a barrier comes out when its epoch is closed: epochs are closed one at a time, and partitions wait at
 * boundaries. The score stage sees to it where there is one.
 */
function heldAtBarriers(element: StreamElement): Observable<StreamElement> {
  if (element.kind !== 'barrier') return of(element);
  return concat(of(element), from(element.released).pipe(ignoreElements()));
}

/** The context of a stage: a control barrier that it places closes the epoch for the stages before it as well. */
function withStages(
  context: StageContext,
  before: ReadonlyArray<{ readonly instance: StageInstance }>,
): StageContext {
  return {
    ...context,
    controlBarrier(controlMs: number, offsetNext: number, watermarkMs: number): Barrier {
      const barrier = context.controlBarrier(controlMs, offsetNext, watermarkMs);
      for (const { instance } of before) instance.barrierBehind?.(barrier);
      return barrier;
    },
  };
}
