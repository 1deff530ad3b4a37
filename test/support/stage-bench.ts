// Runs a single stage: batches in; its outputs and its calls to the stage context are recorded.
import { Subject } from 'rxjs';
import type { Barrier, Batch, StreamElement } from '../../src/core/batch.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import type { Schema } from '../../src/core/schema.ts';
import { emptyDelta } from '../../src/core/state-delta.ts';
import {
  snapshotStage,
  type EngineStageContext,
  type Stage,
  type StageInstance,
} from '../../src/operators/stage.ts';
import type { Task } from '../../src/tasks/task.ts';
import { unlabelled } from '../../src/tasks/unlabelled.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';

export interface BenchOptions {
  readonly schema: Schema;
  readonly allowedLatenessMs?: number;
  readonly predictionKeyBytesMax?: number;
  readonly controlIntervalMs?: number | null;
  readonly isAligned?: boolean;
  readonly task?: Task;
  /** Watermark of the checkpoint that the stage starts from. Default: a fresh start. */
  readonly restoredWatermarkMs?: number;
}

export class StageBench {
  readonly instance: StageInstance;
  readonly elements: StreamElement[] = [];
  readonly rejected: Array<{ readonly offset: number; readonly code: ErrorCode; readonly message: string }> =
    [];
  readonly late: Array<{ readonly offset: number; readonly watermarkMs: number }> = [];
  readonly repartitioned: Array<{ readonly offset: number; readonly key: string }> = [];
  dropped = 0;
  readonly #id: string;
  readonly telemetry: FakeTelemetry = new FakeTelemetry();
  readonly #source = new Subject<StreamElement>();
  #epoch = 0;

  constructor(stage: Stage, options: BenchOptions) {
    this.#id = stage.id;
    this.instance = stage.open(this.#context(options));
    this.#source.pipe(this.instance.operator).subscribe((element) => this.elements.push(element));
  }

  #context(options: BenchOptions): EngineStageContext {
    return {
      topology: 'test',
      stage: this.#id,
      origin: { topic: 'test', partition: 0 },
      schema: options.schema,
      telemetry: this.telemetry,
      task: options.task ?? unlabelled,
      nowMs: () => 0,
      allowedLatenessMs: options.allowedLatenessMs ?? 0,
      controlIntervalMs: options.controlIntervalMs ?? null,
      isAligned: options.isAligned ?? false,
      hotKeysMax: 1_000,
      predictionKeyBytesMax: options.predictionKeyBytesMax ?? Number.POSITIVE_INFINITY,
      committed: { covers: () => false, find: () => -1, score: () => 0, flags: () => 0, version: () => '' },
      restoredWatermarkMs: options.restoredWatermarkMs ?? Number.NEGATIVE_INFINITY,
      model: { champion: null, shadow: null, swapAtBarrier: () => undefined },
      controlBarrier: (controlMs, offsetNext, watermarkMs) =>
        this.#barrier(controlMs, offsetNext, watermarkMs),
      reject: (batch, row, code, message) =>
        void this.rejected.push({ offset: batch.offsets[row] as number, code, message }),
      dropped: (rows) => {
        this.dropped += rows;
      },
      late: (batch, row, watermarkMs) =>
        void this.late.push({ offset: batch.offsets[row] as number, watermarkMs }),
      repartitioned: (batch, keys) => {
        for (const [i, id] of keys.ids.entries()) {
          const row = batch.rows[i] as number;
          this.repartitioned.push({
            offset: batch.offsets[row] as number,
            key: String(keys.distinct.at(id)),
          });
        }
      },
    };
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

  push(batch: Batch): void {
    this.#source.next(batch);
  }

  /** Advances the watermark without an event. */
  advance(timeMs: number): void {
    this.#source.next({ kind: 'watermark', timeMs, offsetNext: 0, endsInput: true });
  }

  /** Pushes a barrier; its delta has the state changes of the stage. */
  close(offsetNext: number, watermarkMs: number): Barrier {
    const barrier = this.#barrier(null, offsetNext, watermarkMs);
    this.#source.next(barrier);
    snapshotStage(this.#id, this.instance, barrier);
    return barrier;
  }

  /** Batches that the stage has emitted. */
  get batches(): Batch[] {
    return this.elements.filter((element) => element.kind === 'batch');
  }

  /** Offsets of the live rows of these batches. */
  get keptOffsets(): number[] {
    return this.batches.flatMap((batch) => Array.from(batch.rows, (row) => batch.offsets[row] as number));
  }
}
