// Drives a topology without a log (control path): events in; predictions, labels, late and rejected events out. State is in
// memory, in the form in which a store keeps it, so that restarts can be tested.
import type { Barrier, Batch, StreamElement, Watermark } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import { HOT_KEYS_MAX } from '../core/task-limits.ts';
import type { DriftReportRow } from '../core/reports.ts';
import type { Schema } from '../core/schema.ts';
import { emptyDelta, type StateDelta } from '../core/state-delta.ts';
import type { Scorer } from '../ports/scorer.ts';
import type { Checkpoint, StateStore } from '../ports/state-store.ts';
import { Pipeline, type PartitionContext } from '../runtime/task/pipeline.ts';
import { checkColumns } from '../topology/check-columns.ts';
import { declaredSchema } from '../topology/columns-schema.ts';
import type { Topology } from '../topology/define.ts';
import { visibleSchema } from '../topology/sensitive-columns.ts';
import { DriverDrift } from './driver-drift.ts';
import {
  DriverOutputs,
  type DriverDeadLetter,
  type DriverLabel,
  type DriverPrediction,
  type DriverRepartitioned,
} from './driver-outputs.ts';
import { DriverSlot } from './driver-slot.ts';
import { DriverTables, type DriverTable } from './driver-tables.ts';
import { FakeTelemetry, MemoryStateStores } from './fakes.ts';
import { RowBatches, type Row, type RowOf } from './rows.ts';
import { targetOr } from '../topology/targets.ts';
import { testTreatment } from './test-keys.ts';

export interface DriverOptions {
  /** The target that is driven, by the id of its score stage, of a topology with several. Default: the main one. */
  readonly target?: string;
  /** The columns of the events; by default those that the source declares. */
  readonly schema?: Schema;
  /** Default: null, so that predictions have the declared fallback. */
  readonly model?: Scorer | null;
  /** Keys that each keyed state may keep in memory. A low number tests that state survives the store. */
  readonly hotKeysMax?: number;
  /** Bytes of a prediction's key that its topic accepts. Default: unlimited. */
  readonly predictionKeyBytesMax?: number;
}

/**
 * @example
 * const driver = new TopologyDriver(topology);
 * await driver.send([{ type: 'order', user: 'a', amount: 3, at: 0 }]);
 * driver.predictions[0].features['user.orders_1h'] // 1
 */
export class TopologyDriver<C extends Columns = Columns> {
  readonly telemetry: FakeTelemetry = new FakeTelemetry();
  /** Event time, ms. */
  watermarkMs: number = Number.NEGATIVE_INFINITY;
  /** Control boundaries passed, event time, ms. */
  readonly boundariesMs: number[] = [];
  duplicates = 0;
  filtered = 0;
  /** The state changes of the last barrier. */
  delta: StateDelta = emptyDelta();
  readonly #topology: Topology;
  readonly #options: DriverOptions;
  readonly #schema: Schema;
  readonly #outputs: DriverOutputs;
  readonly #drift: DriverDrift;
  readonly #slot: DriverSlot;
  readonly #tables: DriverTables;
  readonly #treat: (batch: Batch) => Batch;
  readonly #sent: Row[] = [];
  #store: StateStore;
  #pipeline: Pipeline;
  #batches: RowBatches;
  #epoch = 0;
  #offsetNext = 0;
  /** The offset and the watermark of the last barrier. */
  #closed: Pick<Checkpoint, 'offsetNext' | 'watermarkMs'> = { offsetNext: 0, watermarkMs: -Infinity };
  #inputDone: () => void = () => undefined;
  #isReplaying = false;
  readonly #released = new Map<number, () => void>();
  #failure: Error | null = null;

  /** @throws TOPOLOGY_INVALID if the topology does not fit the schema, or there is none */
  constructor(declared: Topology<C>, options: DriverOptions = {}) {
    const topology = targetOr(declared, options.target);
    this.#schema = options.schema ?? declaredSchema(topology);
    checkColumns(topology, this.#schema);
    this.#topology = topology;
    this.#options = options;
    this.#outputs = new DriverOutputs(topology.features?.features.map(({ name }) => name) ?? []);
    this.#drift = new DriverDrift(topology, this.telemetry);
    this.#slot = new DriverSlot(options.model ?? null);
    this.#tables = new DriverTables(topology, this.telemetry);
    this.#treat = testTreatment(topology);
    this.#store = this.#emptyStore();
    this.#pipeline = this.#open(Number.NEGATIVE_INFINITY);
    this.#batches = this.#batchesFrom(0);
  }

  get predictions(): readonly DriverPrediction[] {
    return this.#outputs.predictions.values;
  }
  get labels(): readonly DriverLabel[] {
    return this.#outputs.labels.values;
  }
  /** Events that have passed every stage, with the columns that the stages have added. */
  get rows(): readonly Row[] {
    return this.#outputs.rows.values;
  }
  get late(): readonly Row[] {
    return this.#outputs.late.values;
  }
  get deadLetters(): readonly DriverDeadLetter[] {
    return this.#outputs.deadLetters.values;
  }
  get repartitioned(): readonly DriverRepartitioned[] {
    return this.#outputs.repartitioned.values;
  }
  /** Drift reports of each control boundary since the first model that was passed to `barrier`. */
  get driftReports(): readonly DriftReportRow[] {
    return this.#drift.reports;
  }

  /**
   * A lookup table, empty at first: `driver.table('merchants').upsert({ id: 'm1', category: 'food' })`. It survives restarts.
   * @throws TOPOLOGY_INVALID for a table that no stage reads
   */
  table(name: string): DriverTable {
    return this.#tables.named(name);
  }

  /** Closes the stages, as a task does that ends. */
  async close(): Promise<void> {
    await this.#pipeline.close();
  }

  /** Sends events as one batch and waits until they have passed every stage. */
  async send(rows: ReadonlyArray<RowOf<C>>): Promise<void> {
    const given = rows as readonly Row[]; // RowOf only narrows the names of columns
    for (const row of given) this.#sent.push(row);
    await this.#process(given);
  }

  /** Advances the watermark without an event, like an idle source. */
  async advance(timeMs: number): Promise<void> {
    await this.#pipeline.hydrateUntil(timeMs, this.#store);
    await this.#pass({ kind: 'watermark', timeMs, offsetNext: this.#offsetNext, endsInput: true });
  }

  /**
   * Closes an epoch, which commits its state. If a model is passed, it becomes the champion exactly here; its training set,
   * the reference of drift reports, is all predictions so far.
   */
  async barrier(model?: Scorer): Promise<void> {
    if (model !== undefined) {
      this.#slot.next = model;
      this.#drift.follow(model.version);
    }
    const barrier = this.#barrier(null, this.#offsetNext, this.watermarkMs);
    this.#pipeline.push(barrier);
    await barrier.released;
  }

  /**
   * Restarts like a process that was killed: memory is lost, and the state is that of the last barrier. The events since
   * then are processed again as one batch, and their outputs replace the previous ones.
   */
  async restart(): Promise<void> {
    this.#epoch += 1;
    const checkpoint = await this.#store.restore(this.#epoch);
    if (checkpoint === null) return this.loseState();
    this.#pipeline = this.#open(checkpoint.watermarkMs);
    this.#pipeline.restore(checkpoint.stages);
    await this.#replay(checkpoint.offsetNext);
  }

  /**
   * Restarts with an empty state store. As in the engine, the state is rebuilt from events as far back as the stages'
   * `memoryMs` reaches, and outputs of events before the last barrier are suppressed.
   */
  async loseState(): Promise<void> {
    const { offsetNext, watermarkMs } = this.#closed;
    const memoryMs = Math.max(...this.#topology.stages.map((stage) => stage.memoryMs));
    const reachMs = watermarkMs - memoryMs - this.#topology.watermarks.allowedLatenessMs;
    const eventTime = this.#topology.source.eventTime;
    const first = this.#sent.findIndex((row) => Number(row[eventTime]) >= reachMs);
    this.#store = this.#emptyStore();
    this.#pipeline = this.#open(Number.NEGATIVE_INFINITY);
    this.#outputs.committedBelow = offsetNext;
    await this.#replay(first < 0 ? offsetNext : Math.min(first, offsetNext));
    this.#outputs.committedBelow = 0;
  }

  async #replay(fromOffset: number): Promise<void> {
    const { offsetNext: sentBefore, watermarkMs } = this.#closed;
    this.#outputs.undo(sentBefore);
    this.#batches = this.#batchesFrom(fromOffset);
    this.#offsetNext = fromOffset;
    this.#isReplaying = true;
    if (fromOffset < sentBefore) await this.#process(this.#sent.slice(fromOffset, sentBefore));
    // The clock may have moved the watermark further than the events.
    if (this.watermarkMs < watermarkMs) await this.advance(watermarkMs);
    if (sentBefore < this.#sent.length) await this.#process(this.#sent.slice(sentBefore));
    this.#isReplaying = false;
  }

  async #process(rows: readonly Row[]): Promise<void> {
    const batch = this.#treat(this.#batches.next(rows));
    await this.#pipeline.hydrate(batch, this.#store);
    await this.#pass(batch);
  }

  async #pass(element: Batch | Watermark): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#inputDone = resolve;
    });
    this.#pipeline.push(element);
    await done;
    if (this.#failure !== null) throw this.#failure;
  }

  #emptyStore(): StateStore {
    return new MemoryStateStores().open(this.#topology.name, this.#origin());
  }

  #origin(): { readonly topic: string; readonly partition: number } {
    return { topic: this.#topology.source.topic, partition: 0 };
  }

  #batchesFrom(offset: number): RowBatches {
    const { eventTime } = this.#topology.source;
    return new RowBatches(this.#schema, eventTime, this.#origin(), offset);
  }

  #open(restoredWatermarkMs: number): Pipeline {
    this.watermarkMs = restoredWatermarkMs;
    this.#failure = null;
    const pipeline = new Pipeline(this.#topology, this.#context(restoredWatermarkMs));
    pipeline.output.subscribe({
      next: (element) => this.#take(element),
      error: (error: Error) => {
        this.#failure = error;
        this.#inputDone();
      },
    });
    return pipeline;
  }

  #barrier(controlMs: number | null, offsetNext: number, watermarkMs: number): Barrier {
    const epoch = (this.#epoch += 1);
    const { promise: released, resolve } = Promise.withResolvers<void>();
    this.#released.set(epoch, resolve);
    return { kind: 'barrier', epoch, offsetNext, watermarkMs, controlMs, delta: emptyDelta(), released };
  }

  #context(restoredWatermarkMs: number): PartitionContext {
    const outputs = this.#outputs;
    return {
      topology: this.#topology.name,
      origin: this.#origin(),
      schema: visibleSchema(this.#schema, this.#topology.source),
      telemetry: this.telemetry,
      task: this.#topology.task,
      nowMs: () => this.watermarkMs,
      allowedLatenessMs: this.#topology.watermarks.allowedLatenessMs,
      controlIntervalMs: this.#topology.control?.everyMs ?? null,
      isAligned: this.#topology.control?.mode === 'aligned',
      hotKeysMax: this.#options.hotKeysMax ?? HOT_KEYS_MAX,
      predictionKeyBytesMax: this.#options.predictionKeyBytesMax ?? Number.POSITIVE_INFINITY,
      committed: outputs.committed(),
      restoredWatermarkMs,
      model: this.#slot,
      tables: this.#tables,
      controlBarrier: (controlMs, offsetNext, watermarkMs) =>
        this.#barrier(controlMs, offsetNext, watermarkMs),
      dropped: (_stage, rows, as) => {
        if (this.#isReplaying) return;
        if (as === 'duplicate') this.duplicates += rows;
        else this.filtered += rows;
      },
      ...outputs.sides(),
    };
  }

  #take(element: StreamElement): void {
    if (element.kind === 'watermark') {
      this.watermarkMs = element.timeMs;
      this.#offsetNext = element.offsetNext;
      if (element.endsInput) this.#inputDone();
    } else if (element.kind === 'barrier') {
      this.#close(element).catch((error: Error) => {
        this.#failure = error;
        this.#inputDone();
      });
    } else {
      this.#outputs.add(element);
      if (!this.#isReplaying) this.#drift.observe(element);
    }
  }

  async #close({ epoch, offsetNext, watermarkMs, controlMs, delta }: Barrier): Promise<void> {
    this.delta = delta;
    // A rebuild passes boundaries again that were passed before.
    if (controlMs !== null && controlMs > (this.boundariesMs.at(-1) ?? Number.NEGATIVE_INFINITY)) {
      this.boundariesMs.push(controlMs);
      this.#drift.boundary(controlMs);
    }
    if (offsetNext >= this.#closed.offsetNext) this.#closed = { offsetNext, watermarkMs };
    await this.#store.commit({ epoch, offsetNext, watermarkMs, modelVersion: 'none' }, delta);
    this.#released.get(epoch)?.();
    this.#released.delete(epoch);
  }
}
