// What a task consists of, and what it reports about itself (types, and the default settings).
import {
  BARRIER_INTERVAL_MS,
  CHECKPOINT_INTERVAL_MS,
  HOT_KEYS_MAX,
  REBUILD_WHOLE_ROWS_MAX,
  STUCK_MS,
} from '../../core/task-limits.ts';
import type { Assignment, EpochWriter, EventLog } from '../../ports/event-log.ts';
import type { EventArchive } from '../../ports/history.ts';
import type { StateStore } from '../../ports/state-store.ts';
import type { OpenTables } from '../../ports/table.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Topology } from '../../topology/define.ts';
import type { AnswersFeed } from '../answers/answers-feed.ts';
import type { EventPlacesReader } from '../answers/event-places.ts';
import type { CommittedPosition } from '../recovery/committed-position.ts';
import type { OffsetReset } from '../recovery/lost-offsets.ts';
import type { CommittedPredictions } from '../recovery/committed-predictions.ts';
import type { PartitionProtection } from '../personal/protection.ts';
import type { StateDamage } from '../recovery/state-damage.ts';
import type { ControlLink } from '../boundaries/control-link.ts';
import type { EpochCounts } from '../commit/epoch-counts.ts';
import type { EpochOutputs } from '../commit/epoch-outputs.ts';
import type { OpenSlot } from '../models/model-hub.ts';
import type { TakenModel } from '../models/taken-model.ts';
import type { PartitionProgress } from '../progress/partition-progress.ts';
import type { ProfileBoard } from '../profiles/profile-board.ts';
import type { RunStats } from './run-stats.ts';
import type { SourceDecoder } from './source-decoder.ts';

export interface TaskSettings {
  /** Milliseconds between two barriers while there is input: the longest wait of a read_committed reader for a prediction. */
  readonly barrierIntervalMs: number;
  readonly hotKeysMax: number;
  /** Milliseconds between two commits of state; 0: with each barrier. */
  readonly checkpointIntervalMs: number;
  /** Number of committed records up to which a lost state is rebuilt from all of them, which also restores counters. */
  readonly rebuildWholeRowsMax: number;
  /** Milliseconds without progress, although events wait, after which a partition is stuck. */
  readonly stuckMs: number;
  /** Where a partition goes on if events were deleted before they were read. */
  readonly offsetReset: OffsetReset;
}

export const defaultTaskSettings: TaskSettings = {
  barrierIntervalMs: BARRIER_INTERVAL_MS,
  hotKeysMax: HOT_KEYS_MAX,
  checkpointIntervalMs: CHECKPOINT_INTERVAL_MS,
  rebuildWholeRowsMax: REBUILD_WHOLE_ROWS_MAX,
  stuckMs: STUCK_MS,
  offsetReset: 'earliest',
};

export interface TaskParts {
  readonly topology: Topology;
  readonly log: EventLog;
  readonly assignment: Assignment;
  /** What is read from if the log no longer holds it; null if the source is not archived. */
  readonly archive: EventArchive | null;
  /** Whether the task archives the events that it reads. */
  readonly isArchiving: boolean;
  readonly decoder: SourceDecoder;
  /** Null for a source without sensitive columns. */
  readonly protection: PartitionProtection | null;
  /** The newest request to erase an entity that the partition has applied; 0 without any. */
  readonly erasedUpTo: number;
  readonly store: StateStore;
  /** Of the assignment. */
  readonly damage: StateDamage;
  readonly writer: EpochWriter;
  /**
   * @param version of the checkpoint; null on a fresh start
   * @param committed what the log has of the partition; null if nothing
   * @param watermarkMs of the checkpoint
   */
  readonly openModel: (
    version: string | null,
    committed: TakenModel | null,
    watermarkMs: number,
  ) => Promise<OpenSlot>;
  readonly control: ControlLink;
  /** Called when the task starts to read its source. */
  readonly started: () => void;
  readonly progress: PartitionProgress;
  /** Those of the engine; undefined for a topology without any. */
  readonly tables?: OpenTables | undefined;
  /** Of the engine. */
  readonly profiles: ProfileBoard;
  readonly stats: RunStats;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
  readonly settings: TaskSettings;
  /** Resolves when every sink after the commit holds the rows that it got; retries until the engine stops. */
  readonly flushSinks: () => Promise<void>;
  /** Predictions of an earlier run for source offsets [from, to). */
  readonly committed: (from: number, to: number) => Promise<CommittedPredictions>;
  /** The offset of the newest event whose prediction is committed; null if there is none. */
  readonly lastPredicted: () => Promise<number | null>;
  readonly begins: () => Promise<void>;
  /** Deletes rows of the partition's events in the history: other events are about to have their offsets. */
  readonly forgetRows: (fromOffset: number) => Promise<void>;
  /** Records of the predictions topic before this offset are not of the present source topic. */
  readonly predictionsFrom: (offset: number) => void;
  /** Of an entity part: where the events of a batch are in the source, read before it is processed; else null. */
  readonly places: EventPlacesReader | null;
  /**
   * Features of other keys; null without such views.
   * @param committed position of the group
   * @param failed called when they cannot be read: the task must restart
   */
  readonly openAnswers: (
    committed: CommittedPosition,
    failed: (error: Error) => void,
  ) => Promise<AnswersFeed | null>;
  /** Rows that wait for sinks: above its limit the task waits too. */
  readonly bufferedRows: () => number;
  /**
   * @param committedOffset of the group: outputs of events below it are published already
   * @param countedBelow events below it have been counted
   */
  readonly outputs: (committed: CommittedPosition, countedBelow: number, counts: EpochCounts) => EpochOutputs;
}

export interface TaskPosition {
  readonly partition: number;
  readonly generation: number;
  readonly offset: number;
  /** Everything before it is processed and committed. */
  readonly committed: number;
  /** Number of records of the log that are not committed. */
  readonly lag: number;
  readonly watermarkMs: number | null;
}
