// The epochs of one task (control path): barriers in the pipeline, and the commit of each. A commit has the order of the
// code in `#begin`.
import type { Barrier } from '../../core/batch.ts';
import { NO_MODEL } from '../../core/blocks.ts';
import { addCompleteFrom, addOutcomesFrom } from '../../core/complete-state.ts';
import { emptyDelta } from '../../core/state-delta.ts';
import { MS_PER_SECOND } from '../../core/time.ts';
import type { ControlObservations } from '../../operators/observations.ts';
import type { Assignment, EpochWriter } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { groupOf } from '../../topology/topics.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { ControlLink } from '../boundaries/control-link.ts';
import type { EpochCounts } from './epoch-counts.ts';
import type { EpochOutputs } from './epoch-outputs.ts';
import {
  isPassed,
  isPublished,
  positionMetadata,
  type CommittedPosition,
} from '../recovery/committed-position.ts';
import { addTopicId, UNKNOWN_SOURCE } from '../recovery/source-identity.ts';
import { addTarget } from '../recovery/target-identity.ts';
import { markErased } from '../erasure/state-erasure.ts';
import type { OpenSlot } from '../models/model-hub.ts';
import type { PartitionProgress } from '../progress/partition-progress.ts';

export interface EpochParts {
  readonly topology: string;
  readonly assignment: Assignment;
  readonly writer: EpochWriter;
  readonly checkpoints: Checkpoints;
  readonly control: ControlLink;
  readonly telemetry: Telemetry;
  readonly counts: EpochCounts;
  readonly progress: PartitionProgress;
  readonly observations: ControlObservations;
  readonly outputs: EpochOutputs;
  readonly model: OpenSlot;
  /** The newest request to erase an entity that the state has applied; 0 without any. */
  readonly erasedUpTo: number;
  /** Which target the state is of; null if that is not told apart. */
  readonly targetMark: Uint8Array | null;
  /** The offset from which on state that was lost is complete; null if none was. */
  readonly completeFrom: number | null;
  /** Offset before which predictions of the state have outcomes that do not count; 0 for none. */
  readonly outcomesFrom: number;
  /** What an earlier run has committed. */
  readonly committed: CommittedPosition;
  /** The checkpoint's epoch. */
  readonly epoch: number;
  /** A commit has failed: the task must restart. */
  readonly failed: (error: Error) => void;
}

export class Epochs {
  readonly #parts: EpochParts;
  #epoch: number;
  /** Barriers in the pipeline, by epoch: a batch that spans control boundaries has several. */
  readonly #releases = new Map<number, () => void>();
  /** The commit of the newest epoch; never rejects. */
  #committing: Promise<void> = Promise.resolve();
  /** Epochs that are closed and not committed: a failed one stays. */
  #uncommitted = 0;
  #isGivenUp = false;
  /** Rows since the last barrier. */
  rows = 0;
  /** Whether anything else has changed since then, for example because a prediction's label timed out. */
  touched = false;
  startedMs: number = performance.now();

  constructor(parts: EpochParts) {
    this.#parts = parts;
    this.#epoch = parts.epoch;
  }

  /** Whether there is anything to commit. */
  get isOpen(): boolean {
    return this.rows > 0 || this.touched;
  }

  /** Whether nothing is committed any more, and what leaves the pipeline is to be dropped. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Whether everything that was processed is committed. */
  get isCommitted(): boolean {
    return !this.isOpen && this.#uncommitted === 0;
  }

  barrier(controlMs: number | null, offsetNext: number, watermarkMs: number): Barrier {
    this.#epoch += 1;
    const epoch = this.#epoch;
    const released = new Promise<void>((resolve) => {
      this.#releases.set(epoch, resolve);
    });
    return { kind: 'barrier', epoch, offsetNext, watermarkMs, controlMs, delta: emptyDelta(), released };
  }

  /**
   * Releases everything that waits for a barrier: the task has failed, or stops at an undecided boundary. Nothing is
   * committed any more, since what follows a barrier may have mixed with what precedes it.
   */
  giveUp(): void {
    this.#isGivenUp = true;
    for (const release of this.#releases.values()) release();
  }

  /**
   * The barrier has passed every stage, so `delta` is complete. Outputs and the group's offset are committed first, in one
   * transaction; then the state with its own offset, at once or with later epochs (see Checkpoints). A crash between the
   * two leaves the state's offset behind the group's: the restart recomputes without publishing, and does not move the
   * group's offset until it has passed it, since another crash must not publish outputs twice.
   *
   * The next epoch is processed while this one is being committed. A control boundary waits for its own commit: a
   * decision is made on committed observations only.
   */
  async close(barrier: Barrier): Promise<void> {
    const { progress } = this.#parts;
    this.#uncommitted += 1;
    progress.phase = 'committing an epoch';
    await this.#committing;
    if (this.#isGivenUp) return this.#release(barrier);
    const commit = this.#begin(barrier);
    this.#committing = commit.catch((error: Error) => this.#parts.failed(error));
    if (barrier.controlMs !== null) {
      await commit;
      await this.#arrive(barrier, barrier.controlMs);
    }
    this.startedMs = performance.now();
    this.#release(barrier);
  }

  async #arrive({ offsetNext, watermarkMs }: Barrier, atMs: number): Promise<void> {
    const { control, assignment, observations, checkpoints, committed, progress } = this.#parts;
    if (control.isDurable) await checkpoints.drain();
    progress.phase = 'waiting at a control boundary';
    const arrival = { observations, isPassed: isPassed(committed, offsetNext, watermarkMs) };
    // What follows an undecided boundary is left to a restart: the model that scores it is not known.
    if (!(await control.arrive(assignment, atMs, arrival))) this.giveUp();
  }

  #release({ epoch }: Barrier): void {
    this.#releases.get(epoch)?.();
    this.#releases.delete(epoch);
  }

  /** Resolves when no commit is under way. */
  settled(): Promise<void> {
    return this.#committing;
  }

  /** Everything up to here belongs to this epoch, everything from here on to the next. */
  #begin(barrier: Barrier): Promise<void> {
    const { checkpoints, outputs, model, counts, progress } = this.#parts;
    const startedMs = performance.now();
    const { epoch, offsetNext, watermarkMs, delta } = barrier;
    const isNew = outputs.hasUnwritten || model.isUncommitted;
    const isCommitted = !this.#isToCommit(barrier, isNew);
    const record = outputs.close(offsetNext, isCommitted ? null : { offsetNext, watermarkMs });
    const counted = counts.close();
    this.#observe(barrier);
    this.rows = 0;
    this.touched = false;
    const modelVersion = model.champion?.version ?? NO_MODEL;
    addTopicId(delta.stages, this.#parts.committed.source ?? UNKNOWN_SOURCE);
    markErased(delta.stages, this.#parts.erasedUpTo);
    addTarget(delta.stages, this.#parts.targetMark);
    const { completeFrom, outcomesFrom } = this.#parts;
    if (completeFrom !== null) addCompleteFrom(delta.stages, completeFrom);
    if (outcomesFrom > 0) addOutcomesFrom(delta.stages, outcomesFrom);
    checkpoints.stage(delta);
    const committed = isCommitted ? Promise.resolve() : this.#commit(barrier);
    const finish = async (): Promise<void> => {
      await committed;
      this.#uncommitted -= 1;
      progress.committedTo(offsetNext);
      const { events = 0, deadLetters = 0 } = counted();
      progress.counted(offsetNext, events, deadLetters);
      record();
      await checkpoints.add({ epoch, offsetNext, watermarkMs, modelVersion });
      this.#measure(barrier, performance.now() - startedMs);
    };
    return finish();
  }

  /**
   * Not if an earlier run has committed this far: the group's offset never moves back. Exactly there it may be committed
   * again.
   * @param isNew whether there is more than an earlier run can have committed there: the model that the partition has taken
   *   since, data keys, or that the task is there
   */
  #isToCommit({ offsetNext, watermarkMs }: Barrier, isNew: boolean): boolean {
    const { committed } = this.#parts;
    if (!isPublished(committed, offsetNext, watermarkMs)) return true;
    return isNew && !isPassed(committed, offsetNext, watermarkMs);
  }

  async #commit({ offsetNext, watermarkMs }: Barrier): Promise<void> {
    const { topology, assignment, writer, committed, model } = this.#parts;
    const { topic, partition } = assignment;
    const { taken } = model;
    const metadata = positionMetadata(watermarkMs, taken, committed.source);
    await writer.commit(groupOf(topology), { topic, partition }, offsetNext, metadata);
    model.committed(taken);
  }

  /** Appends the observations to the epoch, unless an earlier run has committed this far and published them. */
  #observe(barrier: Barrier): void {
    const { control, assignment, writer, observations, committed } = this.#parts;
    const observed = control.closeEpoch(assignment, barrier.controlMs, observations);
    if (isPublished(committed, barrier.offsetNext, barrier.watermarkMs)) return;
    for (const { topic, records } of observed) writer.append(topic, records);
  }

  #measure(barrier: Barrier, commitMs: number): void {
    const { telemetry, topology, assignment } = this.#parts;
    telemetry.count('epochs_total', 1, { topology });
    telemetry.observe('epoch_commit_duration_seconds', commitMs, { topology });
    if (Number.isFinite(barrier.watermarkMs)) {
      const labels = { topology, partition: String(assignment.partition) };
      telemetry.gauge('watermark_timestamp_seconds', barrier.watermarkMs / MS_PER_SECOND, labels);
    }
  }
}
