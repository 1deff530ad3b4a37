// A topology opened for one partition: its stages piped into one RxJS observable, and the state that they keep (hot
// path, once a batch).
import { concat, concatMap, from, ignoreElements, map, of, Subject, tap, type Observable } from 'rxjs';
import type { Barrier, Batch, StreamElement } from '../../core/batch.ts';
import { messageOf } from '../../core/errors.ts';
import type { Schema } from '../../core/schema.ts';
import {
  snapshotStage,
  type EngineStageContext,
  type KeyedState,
  type StageInstance,
} from '../../operators/stage.ts';
import { KeyColumn } from '../../operators/key-column.ts';
import { withoutErased } from '../../operators/rows.ts';
import { statePrefix } from '../../operators/state-changes.ts';
import type { OpenTables } from '../../ports/table.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { schemaOf } from '../../topology/columns-schema.ts';
import type { Topology } from '../../topology/define.ts';
import type { StateReads } from '../commit/checkpoints.ts';

/** Rounds of hydration for a batch: what one round brings (a bucket of timers) may name keys for the next. */
const HYDRATION_ROUNDS_MAX = 3;

/** What the stages of a partition have in common. */
export interface PartitionContext extends Omit<EngineStageContext, 'stage' | 'dropped'> {
  /** The columns of the source. */
  readonly schema: Schema;
  dropped(stage: string, rows: number, as: 'filtered' | 'duplicate'): void;
}

export interface OpenStage {
  readonly id: string;
  readonly instance: StageInstance;
}

/** A stage, and the columns by which it finds rows of tables. */
interface ReadingStage {
  readonly instance: StageInstance;
  readonly keys: ReadonlyArray<{ readonly table: string; readonly column: KeyColumn }>;
}

/** A stage's keys that a round of hydration reads. */
interface WantedKeys {
  readonly state: KeyedState;
  readonly prefix: string;
  readonly keys: ReadonlySet<string>;
}

export class Pipeline {
  readonly #source = new Subject<StreamElement>();
  readonly stages: readonly OpenStage[];
  /** Stages up to the last one with keyed state: no later one has a use for a preview. */
  readonly #hydrated: readonly OpenStage[];
  /** Stages up to the last one that reads a table. */
  readonly #reading: readonly ReadingStage[];
  readonly #tables: OpenTables | undefined;
  readonly output: Observable<StreamElement>;

  constructor(topology: Topology, context: PartitionContext) {
    const stages: OpenStage[] = [];
    let { schema } = context;
    for (const stage of topology.stages) {
      const { id, adds = {} } = stage;
      stages.push({ id, instance: stage.open(stageContext(context, id, schema, [...stages])) });
      schema = { ...schema, ...schemaOf(adds) };
    }
    this.stages = stages;
    const lastKeyed = stages.findLastIndex(({ instance }) => instance.keyedState !== undefined);
    this.#hydrated = stages.slice(0, lastKeyed + 1);
    this.#tables = context.tables;
    const lastReading = topology.stages.findLastIndex(({ tables = [] }) => tables.length > 0);
    this.#reading = topology.stages.slice(0, lastReading + 1).map(({ tables = [] }, i) => ({
      instance: (stages[i] as OpenStage).instance, // one of each
      keys: tables.map(({ table, key }) => ({ table: table.name, column: new KeyColumn(key) })),
    }));
    const output = stages.reduce<Observable<StreamElement>>(
      (elements, stage) => elements.pipe(hidingErased(stage), stage.instance.operator, withSnapshots(stage)),
      this.#source,
    );
    this.output = topology.score === null ? output.pipe(concatMap(untilReleased)) : output;
  }

  push(element: StreamElement): void {
    this.#source.next(element);
  }

  /** Whether a stage is to know that nothing comes. */
  get watchesSilence(): boolean {
    return this.stages.some(({ instance }) => instance.silent !== undefined);
  }

  /** Nothing has come for this long by the clock. */
  silent(elapsedMs: number): void {
    for (const { instance } of this.stages) instance.silent?.(elapsedMs);
  }

  /** Closes every stage, also if one of them fails to; rejects with the first failure. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.stages.map(async ({ instance }) => instance.close?.()));
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }

  /** @param failed called for a stage that cannot use its state */
  restore(
    blobs: ReadonlyMap<string, Uint8Array>,
    failed: (stage: string, error: unknown) => void = rethrow,
  ): void {
    for (const { id, instance } of this.stages) {
      const blob = blobs.get(id);
      if (blob === undefined) continue;
      try {
        instance.operatorState?.restore(blob);
      } catch (error) {
        failed(id, error);
      }
    }
  }

  /**
   * Waits for the tables that the stages read, and for their rows that the batch needs. It comes before `hydrate`: keys of
   * state may be columns of a table.
   */
  async #fetch(batch: Batch): Promise<void> {
    const tables = this.#tables;
    if (this.#reading.length === 0 || tables === undefined) return;
    await tables.caughtUp(batch.receivedAtMs);
    let seen = batch;
    for (const { keys, instance } of this.#reading) {
      for (const { table, column } of keys) {
        if (seen.columns[column.name] === undefined) continue;
        const fetched = tables.fetch(table, column.of(seen), seen.rows);
        if (fetched !== undefined) await fetched;
      }
      seen = instance.preview?.(seen) ?? seen;
    }
  }

  /** Reads the state that a batch needs and memory lacks: one request per round for all stages. */
  async hydrate(batch: Batch, store: StateReads): Promise<void> {
    await this.#fetch(batch);
    for (const { instance } of this.#hydrated) instance.keyedState?.evict?.();
    await this.#load(store, (want) => {
      let seen = batch;
      for (const stage of this.#hydrated) {
        want(stage, (state, into) => state.wantedKeys(seen, into));
        seen = stage.instance.preview?.(seen) ?? seen;
      }
    });
  }

  /** Reads the state that the stages need when the watermark advances without a batch. */
  async hydrateUntil(watermarkMs: number, store: StateReads): Promise<void> {
    await this.#load(store, (want) => {
      for (const stage of this.#hydrated) want(stage, (state, into) => state.keysDue?.(watermarkMs, into));
    });
  }

  async #load(
    store: StateReads,
    round: (want: (stage: OpenStage, add: (state: KeyedState, into: Set<string>) => void) => void) => void,
  ): Promise<void> {
    const requested = new Set<string>();
    for (let nth = 0; nth < HYDRATION_ROUNDS_MAX; nth++) {
      const wanted: WantedKeys[] = [];
      round(({ id, instance: { keyedState: state } }, add) => {
        if (state === undefined) return;
        const keys = new Set<string>();
        add(state, keys);
        if (keys.size > 0) wanted.push({ state, prefix: statePrefix(id), keys });
      });
      if (!(await hydrateNew(wanted, requested, store))) return;
    }
  }
}

/** A stage that fails to close is reported, and holds nothing up. */
export async function closeStages(
  pipeline: Pipeline | undefined,
  telemetry: Pick<Telemetry, 'warn'>,
): Promise<void> {
  try {
    await pipeline?.close();
  } catch (error) {
    telemetry.warn('a stage failed to close', { why: messageOf(error) });
  }
}

function rethrow(_stage: string, error: unknown): never {
  throw error;
}

/** Reads the keys that were not requested before and hands them to their stages; false if there is none. */
async function hydrateNew(
  wanted: readonly WantedKeys[],
  requested: Set<string>,
  store: StateReads,
): Promise<boolean> {
  const storeKeys: string[] = [];
  const owners: Array<{ readonly state: KeyedState; readonly key: string }> = [];
  for (const { state, prefix, keys } of wanted) {
    for (const key of keys) {
      const storeKey = prefix + key;
      if (requested.has(storeKey)) continue;
      requested.add(storeKey);
      storeKeys.push(storeKey);
      owners.push({ state, key });
    }
  }
  if (storeKeys.length === 0) return false;
  const blobs = await store.get(storeKeys);
  for (const [i, { state, key }] of owners.entries()) {
    try {
      state.hydrate(key, blobs[i] ?? null);
    } catch (error) {
      if (store.damaged === undefined) throw error;
      await store.damaged(storeKeys[i] as string, error);
      state.hydrate(key, null);
    }
  }
  return true;
}

/** Snapshots a stage's state when a barrier has passed it. */
/** A stage that cannot erase what it keeps must not get what is erased. */
function hidingErased({
  instance: { keyedState },
}: OpenStage): (elements: Observable<StreamElement>) => Observable<StreamElement> {
  if (keyedState === undefined || keyedState.erasure !== undefined) return (elements) => elements;
  return map((element) => (element.kind === 'batch' ? withoutErased(element) : element));
}

function withSnapshots({
  id,
  instance,
}: OpenStage): (elements: Observable<StreamElement>) => Observable<StreamElement> {
  const { keyedState, operatorState } = instance;
  if (keyedState === undefined && operatorState === undefined) return (elements) => elements;
  return tap((element) => {
    if (element.kind === 'barrier') snapshotStage(id, instance, element);
  });
}

/**
 * Delays what follows a barrier until its epoch is closed: epochs are closed one at a time, and aligned partitions wait
 * for each other at boundaries. A score stage does this itself.
 */
function untilReleased(element: StreamElement): Observable<StreamElement> {
  if (element.kind !== 'barrier') return of(element);
  return concat(of(element), from(element.released).pipe(ignoreElements()));
}

/** The context of a stage: the barrier that it places closes the epoch for the stages before it as well. */
function stageContext(
  context: PartitionContext,
  stage: string,
  schema: Schema,
  before: readonly OpenStage[],
): EngineStageContext {
  return {
    ...context,
    stage,
    schema,
    dropped: (rows, as = 'filtered') => context.dropped(stage, rows, as),
    controlBarrier(controlMs: number, offsetNext: number, watermarkMs: number): Barrier {
      const barrier = context.controlBarrier(controlMs, offsetNext, watermarkMs);
      for (const { id, instance } of before) snapshotStage(id, instance, barrier);
      return barrier;
    },
  };
}
