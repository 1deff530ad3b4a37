// One partition's task (control path around the hot one): restores its state, pushes batches through the pipeline one at a
// time, and closes epochs.
import type { Batch, RawBatch, StreamElement, Watermark } from '../../core/batch.ts';
import { EPOCH_ROWS_MAX } from '../../core/task-limits.ts';
import { partitionName } from '../../core/topic-partition.ts';
import { ControlObservations } from '../../operators/observations.ts';
import { isPublished } from '../recovery/committed-position.ts';
import { batchEnd, endBefore } from '../recovery/published-batches.ts';
import { taskSource } from '../recovery/replayed-source.ts';
import { hasReadAll, Idleness } from './idleness.ts';
import { closeStages, type Pipeline } from './pipeline.ts';
import { RawQueue } from './raw-queue.ts';
import { restoreTask, type RestoredTask } from './restored-task.ts';
import { drainSinks, sinksHaveRoom } from './sink-waits.ts';
import { takeWhileIdle } from './take-model.ts';
import type { TaskParts, TaskPosition } from './task-parts.ts';
import { TaskSink } from './task-sink.ts';

/** How a task ended: all input was processed and committed, or the partition was revoked. */
type TaskEnd = 'drained' | 'revoked';

export class PartitionTask {
  readonly #parts: TaskParts;
  readonly #queue: RawQueue;
  readonly #observations: ControlObservations;
  readonly #sink: TaskSink;
  readonly #idleness: Idleness;
  #restored: RestoredTask | null = null;
  #stopping = false;
  #failure: Error | null = null;
  #offsetNext = 0;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  #inputDone: (() => void) | null = null;
  /** Behind the end as of the last fetch; null before the first. */
  #lag: number | null = null;
  /** Whether the offset that an earlier run committed has been reached. */
  #isPastCommitted = false;
  /** When the batch in the pipeline was pushed, performance.now(). */
  #pushedMs = 0;

  constructor(parts: TaskParts) {
    this.#parts = parts;
    this.#queue = new RawQueue();
    this.#idleness = new Idleness(parts.topology.watermarks.idleAfterMs, () => performance.now());
    this.#observations = new ControlObservations(parts.assignment);
    this.#sink = new TaskSink(parts, this.#observations);
  }

  /** Runs until the partition is revoked, `stop` is called or the source ends. */
  async run(): Promise<TaskEnd> {
    const { assignment, control, writer } = this.#parts;
    try {
      const restored = await this.#restore();
      this.#throwFailure();
      assignment.revoked.addEventListener('abort', () => this.#interrupt());
      await this.#passCommitted(restored);
      while (!this.#stopping && !this.#queue.drained && !assignment.revoked.aborted)
        await this.#step(restored);
      if (restored.epochs.isOpen) await this.#closeEpoch(restored);
      await restored.epochs.settled();
      this.#throwFailure();
      await drainSinks(this.#parts, restored.checkpoints);
      return assignment.revoked.aborted ? 'revoked' : 'drained';
    } finally {
      this.#queue.close();
      await this.#restored?.epochs.settled();
      await this.#restored?.checkpoints.close();
      control.leave(assignment, this.#observations);
      this.#restored?.model.close();
      await closeStages(this.#restored?.pipeline, this.#parts.telemetry);
      await writer.close();
    }
  }

  /** Requests the end of the run: the current batch is finished and its epoch committed. */
  stop(): void {
    this.#stopping = true;
    this.#interrupt();
  }

  #interrupt(): void {
    this.#queue.interrupt();
    this.#restored?.answers?.stopSoon(() => this.#restored?.epochs.giveUp());
  }

  /** The engine stops waiting: nothing is published any more, and what was not committed is recomputed by a restart. */
  abandon(): void {
    this.#fail(new Error('the engine closed before the task ended'));
  }

  async #restore(): Promise<RestoredTask> {
    const { assignment, telemetry, stats, progress } = this.#parts;
    progress.phase = 'restoring its state';
    const restored = await restoreTask(this.#parts, this.#observations, (error) => this.#fail(error));
    this.#restored = restored;
    const { at, pipeline } = restored;
    this.#offsetNext = at.from ?? 0;
    if (at.modelVersion !== null) stats.resumed = true;
    this.#watermarkMs = at.watermarkMs;
    this.#idleness.since(at.watermarkMs);
    pipeline.output.subscribe({
      next: (element) => this.#emit(element, restored),
      error: (error: Error) => this.#fail(error),
    });
    this.#queue.open(taskSource(this.#parts, at));
    this.#parts.started();
    telemetry.info('task started', {
      partition: partitionName(assignment),
      generation: assignment.generation,
      from: at.from ?? 'earliest',
      committedOffset: at.committed.offset,
    });
    return restored;
  }

  /** One fetch, or one wait for it; closes the epoch when it is due. */
  async #step(restored: RestoredTask): Promise<void> {
    const { epochs } = restored;
    const { settings, progress } = this.#parts;
    const { barrierIntervalMs } = settings;
    const elapsedMs = performance.now() - epochs.startedMs;
    await sinksHaveRoom(this.#parts, () => this.#stopping);
    progress.phase = 'waiting for the log';
    const raw = await this.#queue.next(Math.max(1, barrierIntervalMs - elapsedMs));
    // A commit in the background may have failed, even if there is nothing to do.
    this.#throwFailure();
    await (raw === undefined ? this.#idle(restored) : this.#process(raw, restored));
    if (epochs.isCommitted) progress.committedTo(this.#offsetNext);
    const due = performance.now() - epochs.startedMs >= barrierIntervalMs || epochs.rows >= EPOCH_ROWS_MAX;
    if (!due) return;
    restored.checkpoints.tick();
    if (epochs.isOpen || this.#hasMore(restored)) await this.#closeEpoch(restored);
    else epochs.startedMs = performance.now();
  }

  /** Whether the log lacks something of the partition, such as the model that it has: an idle one commits an empty epoch. */
  #hasMore({ model, outputs }: Pick<RestoredTask, 'model' | 'outputs'>): boolean {
    return this.#isPastCommitted && (model.isUncommitted || outputs.hasUnwritten);
  }

  /** A source is idle only once it has caught up, so that a slow fetch never decides anything. */
  async #idle(restored: RestoredTask): Promise<void> {
    const { control, assignment } = this.#parts;
    await takeWhileIdle(restored, this.#watermarkMs);
    this.#throwFailure();
    const silentMs =
      restored.pipeline.watchesSilence && !control.sourceEnded ? this.#idleness.silence() : null;
    if (silentMs !== null && (await this.#hasCaughtUp())) restored.pipeline.silent(silentMs);
    if (!this.#idleness.isDue(control.sourceEnded) || !(await this.#hasCaughtUp())) return;
    await this.#commitAll(restored);
    // What has come meanwhile is older than the clock says.
    if (!this.#queue.isEmpty) return;
    control.idle(assignment);
    const timeMs = this.#idleness.tick();
    if (timeMs !== null) await this.#advance(timeMs, restored);
  }

  /** Other partitions stop waiting for this one: the log must contain everything that it saw. */
  async #commitAll(restored: RestoredTask): Promise<void> {
    if (restored.epochs.isOpen) await this.#closeEpoch(restored);
    await restored.epochs.settled();
    this.#throwFailure();
  }

  /**
   * Once the task has passed what an earlier run committed, that run's watermark applies again, which the clock may have
   * advanced: what was late for that run is late for this one.
   */
  async #passCommitted(restored: RestoredTask): Promise<void> {
    const { offset, watermarkMs } = restored.at.committed;
    if (this.#isPastCommitted || this.#offsetNext < offset) return;
    this.#isPastCommitted = true;
    this.#parts.damage.completed();
    if (watermarkMs > this.#watermarkMs) await this.#advance(watermarkMs, restored);
  }

  /** Advances the watermark without an event. */
  async #advance(timeMs: number, { pipeline, checkpoints, counts, at }: RestoredTask): Promise<void> {
    counts.isPublished = isPublished(at.committed, this.#offsetNext, timeMs);
    await pipeline.hydrateUntil(timeMs, checkpoints);
    const watermark = { kind: 'watermark', timeMs, offsetNext: this.#offsetNext, endsInput: true } as const;
    await this.#pass(watermark, pipeline);
  }

  async #hasCaughtUp(): Promise<boolean> {
    const isAtEnd = await hasReadAll(this.#parts, this.#offsetNext, this.#lag, this.#idleness.lookMs);
    return isAtEnd && this.#queue.isEmpty;
  }

  async #process(raw: RawBatch, restored: RestoredTask): Promise<void> {
    const { decoder, places, protection, control, assignment, telemetry, topology, progress } = this.#parts;
    const { counts, countedBelow } = restored;
    const labels = { topology: topology.name };
    progress.phase = 'decoding';
    control.active(assignment);
    this.#idleness.interrupt();
    await decoder.prepare(raw);
    await places?.prepare(raw);
    progress.phase = 'processing a batch';
    let from = 0;
    while (from < raw.count && !assignment.revoked.aborted && !restored.epochs.isGivenUp) {
      const end = batchEnd(raw, from, restored.at.committed, restored.committed);
      const to = decoder.endBefore(raw, from, endBefore(raw, from, end, countedBelow));
      const decodedMs = performance.now();
      const decoded = decoder.decode(raw, from, to);
      const { batch, faults, skipped } = protection === null ? decoded : protection.treat(decoded);
      telemetry.observe('decode_duration_seconds', performance.now() - decodedMs, labels);
      if ((raw.offsets[from] as number) >= restored.archivesFrom)
        restored.outputs.events(raw, from, to, this.#offsetNext);
      counts.isPublished = (raw.offsets[from] as number) < countedBelow;
      counts.count('batches_total', 1, labels);
      counts.count('events_total', to - from, labels);
      counts.total('events', to - from);
      if (skipped > 0) counts.count('records_without_event_total', skipped, labels);
      for (const { index, code, message } of faults) restored.outputs.deadLetter(raw, index, code, message);
      await this.#input(batch, restored);
      restored.epochs.rows += to - from;
      await this.#passCommitted(restored);
      from = to;
    }
    // Gaps at the end of a fetch (markers of transactions) advance the offset without a row. Of themselves they open an epoch
    // as well, so that the group's offset comes to the end of the log: retention may remove the gap while the task is away.
    if (!assignment.revoked.aborted && !restored.epochs.isGivenUp) {
      if (raw.count === 0 && raw.offsetNext > this.#offsetNext) restored.epochs.touched = true;
      this.#offsetNext = Math.max(this.#offsetNext, raw.offsetNext);
      await this.#passCommitted(restored);
    }
    this.#lag = Math.max(0, raw.highWatermark - raw.offsetNext);
    progress.processed(this.#offsetNext);
    progress.end = Math.max(progress.end ?? 0, raw.highWatermark);
    this.#idleness.since(this.#watermarkMs);
  }

  /** Pushes one batch and waits until it has left the pipeline. */
  async #input(batch: Batch, { pipeline, checkpoints }: RestoredTask): Promise<void> {
    await pipeline.hydrate(batch, checkpoints);
    await this.#pass(batch, pipeline);
  }

  async #pass(element: Batch | Watermark, pipeline: Pipeline): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#inputDone = resolve;
    });
    this.#pushedMs = performance.now();
    pipeline.push(element);
    await done;
    this.#throwFailure();
  }

  /** Handles what leaves the pipeline. */
  #emit(element: StreamElement, restored: RestoredTask): void {
    // Released by a failure, or at a boundary that this engine does not decide any more: it is dropped.
    if (restored.epochs.isGivenUp && element.kind === 'batch') return;
    switch (element.kind) {
      case 'batch':
        return this.#sink.write(element, restored, this.#pushedMs);
      case 'watermark':
        this.#watermarkMs = element.timeMs;
        this.#offsetNext = element.offsetNext;
        if (element.endsInput) this.#inputDone?.();
        return;
      case 'barrier':
        restored.epochs.close(element).catch((error: Error) => this.#fail(error));
    }
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#inputDone?.();
    this.#restored?.epochs.giveUp();
    this.#restored?.answers?.close();
    this.#queue.interrupt();
  }

  /** Closes the epoch between batches. */
  async #closeEpoch({ epochs, pipeline, at }: RestoredTask): Promise<void> {
    // Before the first record: what is committed must be an offset that the log has.
    if (this.#offsetNext === 0) this.#offsetNext = at.low;
    const barrier = epochs.barrier(null, this.#offsetNext, this.#watermarkMs);
    pipeline.push(barrier);
    await barrier.released;
    this.#throwFailure();
  }

  /** This task's position, for the dashboard. */
  position(): TaskPosition {
    const { assignment, progress } = this.#parts;
    const { partition, generation } = assignment;
    const watermarkMs = Number.isFinite(this.#watermarkMs) ? this.#watermarkMs : null;
    const lag = progress.lag ?? this.#lag ?? 0;
    const committed = progress.committed ?? 0;
    return { partition, generation, offset: this.#offsetNext, committed, lag, watermarkMs };
  }
}
