// Drives a topology without a log (control path): events in, predictions, labels, late and refused events out.
import type { Barrier, Batch, StreamElement } from '../core/batch.ts';
import type { ErrorCode } from '../core/errors.ts';
import { HOT_KEYS_MAX } from '../core/limits.ts';
import type { Schema } from '../core/schema.ts';
import { emptyDelta, type StateDelta } from '../core/state-delta.ts';
import type { ModelSlot, EngineStageContext } from '../operators/stage.ts';
import type { Scorer } from '../ports/scorer.ts';
import { Pipeline } from '../runtime/task/pipeline.ts';
import { checkColumns } from '../topology/check-columns.ts';
import type { Topology } from '../topology/define.ts';
import { FakeTelemetry } from './fakes.ts';
import { RowBatches, type Row } from './rows.ts';

export interface DriverPrediction {
  readonly key: string;
  readonly offset: number;
  readonly eventTimeMs: number;
  readonly score: number;
  readonly flags: number;
  readonly version: string;
  /** By feature name; null where missing. */
  readonly features: Readonly<Record<string, number | null>>;
}

export interface DriverLabel {
  readonly key: string;
  /** Null where the label will never come. */
  readonly label: number | null;
  readonly score: number;
}

export interface DriverOptions {
  readonly schema: Schema;
  /** Null: the fallback scores. */
  readonly model?: Scorer | null;
}

class DriverSlot implements ModelSlot {
  champion: Scorer | null;
  readonly shadow = null;
  next: Scorer | null = null;

  constructor(champion: Scorer | null) {
    this.champion = champion;
  }

  swapAtBarrier(): void {
    if (this.next !== null) this.champion = this.next;
    this.next = null;
  }
}

/**
 * @example
 * const driver = new TopologyDriver(topology, { schema });
 * await driver.send([{ type: 'order', user: 'a', amount: 3, at: 0 }]);
 * driver.predictions[0].features['user.orders_1h'] // 1
 */
export class TopologyDriver {
  readonly predictions: DriverPrediction[] = [];
  readonly labels: DriverLabel[] = [];
  readonly late: Row[] = [];
  readonly deadLetters: Array<{ readonly code: ErrorCode; readonly message: string; readonly row: Row }> = [];
  readonly telemetry: FakeTelemetry = new FakeTelemetry();
  readonly repartitioned: Array<{ readonly key: string; readonly row: Row }> = [];
  duplicates = 0;
  /** Event time, ms. */
  watermarkMs: number = Number.NEGATIVE_INFINITY;
  /** Control boundaries passed, event time, ms. */
  readonly boundariesMs: number[] = [];
  /** What the last barrier brought. */
  delta: StateDelta = emptyDelta();
  readonly #topology: Topology;
  readonly #batches: RowBatches;
  readonly #pipeline: Pipeline;
  readonly #slot: DriverSlot;
  #epoch = 0;
  #inputDone: () => void = () => undefined;
  #failure: Error | null = null;

  constructor(topology: Topology, options: DriverOptions) {
    checkColumns(topology, options.schema);
    this.#topology = topology;
    this.#batches = new RowBatches(options.schema, topology.source.eventTime, {
      topic: topology.source.topic,
      partition: 0,
    });
    this.#slot = new DriverSlot(options.model ?? null);
    this.#pipeline = new Pipeline(topology, this.#context(options.schema));
    this.#pipeline.output.subscribe({
      next: (element) => this.#take(element),
      error: (error: Error) => {
        this.#failure = error;
        this.#inputDone();
      },
    });
  }

  /** Sends events as one batch and waits until they have passed every stage. */
  async send(rows: readonly Row[]): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#inputDone = resolve;
    });
    this.#pipeline.push(this.#batches.next(rows));
    await done;
    if (this.#failure !== null) throw this.#failure;
  }

  /** Closes an epoch; a model given here takes over exactly now. */
  async barrier(model?: Scorer): Promise<void> {
    if (model !== undefined) this.#slot.next = model;
    const barrier = this.#barrier(null, 0, this.watermarkMs);
    this.#pipeline.push(barrier);
    await barrier.released;
  }

  #barrier(controlMs: number | null, offsetNext: number, watermarkMs: number): Barrier {
    this.#epoch += 1;
    const released = Promise.resolve();
    return {
      kind: 'barrier',
      epoch: this.#epoch,
      offsetNext,
      watermarkMs,
      controlMs,
      delta: emptyDelta(),
      released,
    };
  }

  #context(schema: Schema): EngineStageContext {
    const rowOf = (batch: Batch, row: number): Row =>
      JSON.parse((batch.raw.values.at(row) as Buffer).toString()) as Row;
    return {
      topology: this.#topology.name,
      origin: { topic: this.#topology.source.topic, partition: 0 },
      schema,
      telemetry: this.telemetry,
      task: this.#topology.task,
      nowMs: () => this.watermarkMs,
      allowedLatenessMs: this.#topology.watermarks.allowedLatenessMs,
      controlIntervalMs: this.#topology.control?.everyMs ?? null,
      isAligned: this.#topology.control?.mode === 'aligned',
      hotKeysMax: HOT_KEYS_MAX,
      committed: { covers: () => false, find: () => -1, score: () => 0, flags: () => 0, version: () => '' },
      restoredWatermarkMs: Number.NEGATIVE_INFINITY,
      model: this.#slot,
      controlBarrier: (controlMs, offsetNext, watermarkMs) =>
        this.#barrier(controlMs, offsetNext, watermarkMs),
      reject: (batch, row, code, message) =>
        void this.deadLetters.push({ code, message, row: rowOf(batch, row) }),
      dropped: (_rule, _stage, rows) => {
        this.duplicates += rows;
      },
      late: (batch, row) => void this.late.push(rowOf(batch, row)),
      repartitioned: (batch, keys) => {
        for (const [i, id] of keys.ids.entries())
          this.repartitioned.push({
            key: String(keys.distinct.at(id)),
            row: rowOf(batch, batch.rows[i] as number),
          });
      },
    };
  }

  #take(element: StreamElement): void {
    if (element.kind === 'watermark') {
      this.watermarkMs = element.timeMs;
      if (element.endsInput) this.#inputDone();
    } else if (element.kind === 'barrier') {
      this.delta = element.delta;
      if (element.controlMs !== null) this.boundariesMs.push(element.controlMs);
    } else {
      this.#takeBatch(element);
    }
  }

  #takeBatch({ predictions, labels }: Batch): void {
    const names = this.#topology.features?.features.map((feature) => feature.name) ?? [];
    for (let i = 0; i < (predictions?.count ?? 0); i++) {
      const of = predictions as NonNullable<typeof predictions>;
      const vector = of.features.subarray(i * of.width, (i + 1) * of.width);
      this.predictions.push({
        key: of.keys[i] as string,
        offset: of.offsets[i] as number,
        eventTimeMs: of.eventTimeMs[i] as number,
        score: of.scores[i] as number,
        flags: of.flags[i] as number,
        version: of.version,
        features: Object.fromEntries(
          names.map((name, f) => [name, Number.isNaN(vector[f]) ? null : (vector[f] as number)]),
        ),
      });
    }
    for (let i = 0; i < (labels?.count ?? 0); i++) {
      const of = labels as NonNullable<typeof labels>;
      const label = of.labels[i] as number;
      this.labels.push({
        key: of.keys[i] as string,
        label: Number.isNaN(label) ? null : label,
        score: of.scores[i] as number,
      });
    }
  }
}
