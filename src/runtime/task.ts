// One partition's task (control path around the hot one): restores, pumps batches through the pipeline one at a time,
// closes epochs. The order of a commit is the order of the code in `#close`.
import type { Barrier, Batch, RawBatch, StreamElement } from '../core/batch.ts';
import { NO_MODEL } from '../core/blocks.ts';
import {
  BARRIER_INTERVAL_MS,
  BATCH_ROWS_MAX,
  EPOCH_ROWS_MAX,
  HISTORY_ROWS_BUFFERED_MAX,
  HOT_KEYS_MAX,
  IDLE_AFTER_MS,
} from '../core/limits.ts';
import { emptyDelta } from '../core/state-delta.ts';
import { MS_PER_SECOND } from '../core/time.ts';
import { partitionName } from '../core/topic-partition.ts';
import { ControlObservations } from '../operators/observations.ts';
import type { StageContext } from '../operators/stage.ts';
import type { BatchDecoder } from '../ports/codec.ts';
import type { Assignment, EpochWriter } from '../ports/event-log.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Topology } from '../topology/define.ts';
import { groupOf } from '../topology/topics.ts';
import type { ControlLink } from './control-link.ts';
import type { EpochOutputs } from './epoch-outputs.ts';
import type { OpenSlot } from './model-hub.ts';
import { Pipeline } from './pipeline.ts';
import { RawQueue } from './raw-queue.ts';
import type { RunStats } from './run-stats.ts';

export interface TaskSettings {
  /** Between two barriers where there is input, ms: what a read_committed reader waits for a prediction at most. */
  readonly barrierIntervalMs: number;
  readonly hotKeysMax: number;
}

export const defaultTaskSettings: TaskSettings = {
  barrierIntervalMs: BARRIER_INTERVAL_MS,
  hotKeysMax: HOT_KEYS_MAX,
};

export interface TaskParts {
  readonly topology: Topology;
  readonly assignment: Assignment;
  readonly decoder: BatchDecoder;
  readonly store: StateStore;
  readonly writer: EpochWriter;
  /** @param version of the checkpoint; null on a fresh start */
  openModel(version: string | null): Promise<OpenSlot>;
  readonly control: ControlLink;
  readonly stats: RunStats;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
  readonly settings: TaskSettings;
  /** Rows that wait for history: past its bound the task waits too. */
  historyRows(): number;
  /** Made when G is known. */
  outputs(heldBelow: number): EpochOutputs;
}

const HISTORY_POLL_MS = 50;

/** How a task ended: everything of its partition was committed, or nothing after its last commit was. */
export type TaskEnd = 'drained' | 'revoked';

export interface TaskPosition {
  readonly partition: number;
  readonly generation: number;
  readonly offset: number;
  /** Records of the log behind it, as of the last fetch. */
  readonly lag: number;
  readonly watermarkMs: number | null;
}

export class PartitionTask {
  readonly #parts: TaskParts;
  readonly #queue: RawQueue;
  readonly #observations: ControlObservations;
  #model: OpenSlot | null = null;
  #pipeline!: Pipeline;
  #outputs!: EpochOutputs;
  #stopping = false;
  #failure: Error | null = null;
  #epoch = 0;
  #offsetNext = 0;
  /** G as of the restart. */
  #heldBelow = 0;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  #rowsInEpoch = 0;
  #epochStartedMs = 0;
  #inputDone: (() => void) | null = null;
  /** Barriers on their way, by epoch: a batch that spans control boundaries has several. */
  readonly #releases = new Map<number, () => void>();
  #lag = 0;
  /** When the batch in the pipeline was begun, or released from its last barrier. */
  #begunMs = 0;
  readonly #isAligned: boolean;
  #lastInputMs = performance.now();

  constructor(parts: TaskParts) {
    this.#parts = parts;
    this.#queue = new RawQueue(parts.assignment);
    this.#isAligned = parts.topology.control?.mode === 'aligned';
    this.#observations = new ControlObservations(parts.assignment.partition);
  }

  /** Runs until the partition is revoked, `stop` is called or the source ends. */
  async run(): Promise<TaskEnd> {
    const { assignment, control } = this.#parts;
    try {
      await this.#restore();
      const revoked = (): void => this.#queue.interrupt();
      assignment.revoked.addEventListener('abort', revoked);
      while (!this.#stopping && !this.#queue.drained && !assignment.revoked.aborted) await this.#step();
      if (this.#rowsInEpoch > 0) await this.#close(this.#barrier(null, this.#offsetNext, this.#watermarkMs));
      return assignment.revoked.aborted ? 'revoked' : 'drained';
    } finally {
      this.#queue.close();
      control.leave(assignment, this.#observations);
      this.#model?.close();
      await this.#parts.writer.close();
    }
  }

  /** Asks for the end of the run: the current batch is finished and its epoch committed. */
  stop(): void {
    this.#stopping = true;
    this.#queue.interrupt();
  }

  async #restore(): Promise<void> {
    const { assignment, store, topology, writer } = this.#parts;
    const checkpoint = await store.restore(assignment.generation);
    // Without a checkpoint the state begins where the group does: a store that was lost is rebuilt by replay.
    const start = checkpoint?.offsetNext ?? null;
    const committed = await writer.committed(groupOf(topology.name), assignment);
    this.#heldBelow = committed ?? 0;
    this.#outputs = this.#parts.outputs(this.#heldBelow);
    this.#epoch = checkpoint?.epoch ?? 0;
    this.#offsetNext = start ?? 0;
    this.#watermarkMs = checkpoint?.watermarkMs ?? Number.NEGATIVE_INFINITY;
    this.#model = await this.#parts.openModel(checkpoint?.modelVersion ?? null);
    this.#pipeline = new Pipeline(topology, this.#context(this.#model));
    if (checkpoint !== null) this.#pipeline.restore(checkpoint.stages);
    this.#pipeline.output.subscribe({
      next: (element) => this.#emit(element),
      error: (error: Error) => this.#fail(error),
    });
    this.#parts.control.join(assignment);
    this.#queue.open(assignment.open(start));
    this.#epochStartedMs = performance.now();
    this.#parts.telemetry.info('task started', {
      partition: partitionName(assignment),
      generation: assignment.generation,
      from: start ?? 'earliest',
      heldBelow: committed,
    });
  }

  #context(model: OpenSlot): StageContext {
    const { topology, assignment, decoder, telemetry, nowMs } = this.#parts;
    return {
      topology: topology.name,
      origin: { topic: assignment.topic, partition: assignment.partition },
      schema: decoder.schema,
      telemetry,
      nowMs,
      allowedLatenessMs: topology.watermarks.allowedLatenessMs,
      controlIntervalMs: topology.control?.everyMs ?? null,
      hotKeysMax: this.#parts.settings.hotKeysMax,
      restoredWatermarkMs: this.#watermarkMs,
      model,
      controlBarrier: (controlMs, offsetNext, watermarkMs) =>
        this.#barrier(controlMs, offsetNext, watermarkMs),
      reject: (batch, row, code, message) => {
        this.#parts.stats.deadLetters += 1;
        this.#outputs.deadLetter(batch.raw, batch.rawIndex[row] as number, code, message);
      },
      dropped: (_rule, stage, rows) => {
        this.#parts.stats.duplicates += rows;
        telemetry.count('events_duplicate_total', rows, { topology: topology.name, stage });
      },
      late: (batch, row, watermarkMs) => {
        this.#parts.stats.late += 1;
        this.#outputs.late(batch, row, watermarkMs);
      },
    };
  }

  /** One fetch, or one wait for it; closes the epoch when it is due. */
  async #step(): Promise<void> {
    const elapsedMs = performance.now() - this.#epochStartedMs;
    const { barrierIntervalMs } = this.#parts.settings;
    await this.#historyHasRoom();
    const raw = await this.#queue.next(Math.max(1, barrierIntervalMs - elapsedMs));
    if (raw === undefined) this.#idle();
    else await this.#process(raw);
    const due =
      performance.now() - this.#epochStartedMs >= barrierIntervalMs || this.#rowsInEpoch >= EPOCH_ROWS_MAX;
    if (!due) return;
    if (this.#rowsInEpoch > 0) await this.#close(this.#barrier(null, this.#offsetNext, this.#watermarkMs));
    else this.#epochStartedMs = performance.now();
  }

  /** A history that is slow or away holds its tasks up once its buffer is full; the queue then pauses the partition. */
  async #historyHasRoom(): Promise<void> {
    const { historyRows, assignment } = this.#parts;
    while (historyRows() > HISTORY_ROWS_BUFFERED_MAX && !this.#stopping && !assignment.revoked.aborted) {
      await new Promise((resolve) => setTimeout(resolve, HISTORY_POLL_MS));
    }
  }

  /** A source is idle only once it has caught up, so that a slow fetch never decides anything. */
  #idle(): void {
    const { control, assignment, topology } = this.#parts;
    const idleAfterMs = control.sourceEnded ? 0 : (topology.watermarks.idleAfterMs ?? IDLE_AFTER_MS);
    if (this.#lag === 0 && performance.now() - this.#lastInputMs >= idleAfterMs) control.idle(assignment);
  }

  async #process(raw: RawBatch): Promise<void> {
    const { decoder, control, assignment, stats } = this.#parts;
    control.active(assignment);
    this.#lastInputMs = performance.now();
    await decoder.prepare(raw);
    let from = 0;
    while (from < raw.count && !assignment.revoked.aborted) {
      const to = this.#batchEnd(raw, from);
      const { batch, failures } = decoder.decode(raw, from, to);
      stats.events += to - from;
      stats.deadLetters += failures.length;
      for (const { index, code, message } of failures) this.#outputs.deadLetter(raw, index, code, message);
      await this.#input(batch);
      this.#rowsInEpoch += to - from;
      from = to;
    }
    // Gaps at the end of a fetch (markers of transactions) move the offset on without a row.
    if (!assignment.revoked.aborted) this.#offsetNext = Math.max(this.#offsetNext, raw.offsetNext);
    this.#lag = Math.max(0, raw.highWatermark - raw.offsetNext);
  }

  /** Where a batch that begins at `from` ends; none has events on both sides of G. */
  #batchEnd(raw: RawBatch, from: number): number {
    const end = Math.min(raw.count, from + BATCH_ROWS_MAX);
    if ((raw.offsets[from] as number) >= this.#heldBelow) return end;
    let to = from + 1;
    while (to < end && (raw.offsets[to] as number) < this.#heldBelow) to++;
    return to;
  }

  /** Pushes one batch and waits until it has left the pipeline. */
  async #input(batch: Batch): Promise<void> {
    await this.#pipeline.hydrate(batch, this.#parts.store);
    const done = new Promise<void>((resolve) => {
      this.#inputDone = resolve;
    });
    this.#begunMs = performance.now();
    this.#pipeline.push(batch);
    await done;
    if (this.#failure !== null) throw this.#failure;
  }

  /** What comes out of the pipeline. */
  #emit(element: StreamElement): void {
    switch (element.kind) {
      case 'batch':
        return this.#sink(element);
      case 'watermark':
        this.#watermarkMs = element.timeMs;
        this.#offsetNext = element.offsetNext;
        if (element.endsInput) this.#inputDone?.();
        return;
      case 'barrier':
        this.#commit(element).catch((error: Error) => this.#fail(error));
    }
  }

  #sink(batch: Batch): void {
    const { stats } = this.#parts;
    const isTold = (batch.offsets[0] ?? this.#heldBelow) < this.#heldBelow;
    if (batch.predictions !== null) {
      this.#outputs.predictions(batch.predictions);
      if (!isTold) this.#observations.addPredictions(batch.predictions);
      stats.addPredictions(batch.predictions, this.#isAligned ? this.#begunMs : batch.receivedAtMs);
    }
    if (batch.labels !== null) {
      this.#outputs.labels(batch.labels);
      if (!isTold) this.#observations.addLabels(batch.labels);
      stats.addLabels(batch.labels);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#inputDone?.();
    for (const release of this.#releases.values()) release();
    this.#queue.interrupt();
  }

  #barrier(controlMs: number | null, offsetNext: number, watermarkMs: number): Barrier {
    this.#epoch += 1;
    const released = new Promise<void>((resolve) => {
      this.#releases.set(this.#epoch, resolve);
    });
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

  /** Closes the epoch between batches. */
  async #close(barrier: Barrier): Promise<void> {
    this.#pipeline.push(barrier);
    await barrier.released;
    if (this.#failure !== null) throw this.#failure;
  }

  /**
   * The barrier has passed every stage, so `delta` is whole. Outputs and the group's offset G first, in one
   * transaction; then the state with S. A crash between the two leaves S < G: the restart rebuilds and holds back, and
   * until it has come past G, G stays where it is: another crash must not send again what is out already.
   */
  async #commit(barrier: Barrier): Promise<void> {
    const { writer, store, assignment, control } = this.#parts;
    const startedMs = performance.now();
    const source = { topic: assignment.topic, partition: assignment.partition };
    this.#outputs.close(barrier.offsetNext);
    if (barrier.controlMs !== null) await control.beforeBoundary();
    this.#closeObservations(barrier);
    const committed = Math.max(barrier.offsetNext, this.#heldBelow);
    await writer.commit(groupOf(this.#parts.topology.name), source, committed);
    await store.commit(
      {
        epoch: barrier.epoch,
        offsetNext: barrier.offsetNext,
        watermarkMs: barrier.watermarkMs,
        modelVersion: this.#model?.champion?.version ?? NO_MODEL,
      },
      barrier.delta,
    );
    this.#measure(barrier, performance.now() - startedMs);
    if (barrier.controlMs !== null) {
      await control.arrive(assignment, barrier.controlMs, this.#observations);
    }
    this.#rowsInEpoch = 0;
    this.#epochStartedMs = performance.now();
    this.#begunMs = this.#epochStartedMs;
    this.#releases.get(barrier.epoch)?.();
    this.#releases.delete(barrier.epoch);
  }

  /** An earlier run that committed this far has told all of it. */
  #closeObservations(barrier: Barrier): void {
    const { control, assignment, writer } = this.#parts;
    const told = control.closeEpoch(assignment, barrier.controlMs, this.#observations);
    if (barrier.offsetNext <= this.#heldBelow) return;
    for (const { topic, records } of told) writer.append(topic, records);
  }

  /** Once an epoch. */
  #measure(barrier: Barrier, commitMs: number): void {
    const { telemetry, assignment } = this.#parts;
    const topology = this.#parts.topology.name;
    const labels = { topology, partition: String(assignment.partition) };
    telemetry.count('events_total', this.#rowsInEpoch, { topology });
    telemetry.count('epochs_total', 1, { topology });
    telemetry.observe('epoch_commit_duration_seconds', commitMs, { topology });
    telemetry.gauge('offset_lag_events', this.#lag, labels);
    if (Number.isFinite(barrier.watermarkMs)) {
      telemetry.gauge('watermark_timestamp_seconds', barrier.watermarkMs / MS_PER_SECOND, labels);
    }
  }

  /** Where this task stands, for the dashboard. */
  position(): TaskPosition {
    const { partition, generation } = this.#parts.assignment;
    const watermarkMs = Number.isFinite(this.#watermarkMs) ? this.#watermarkMs : null;
    return { partition, generation, offset: this.#offsetNext, lag: this.#lag, watermarkMs };
  }
}
