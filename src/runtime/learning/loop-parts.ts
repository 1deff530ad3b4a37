// What the learning loop is made of, and what its snapshot holds of itself (control path).
import type { ModelEventRow } from '../../core/reports.ts';
import type { History } from '../../ports/history.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Topology } from '../../topology/define.ts';
import type { BoundaryPublisher } from '../boundaries/boundary-output.ts';
import { PROMOTED, ROLLED_BACK } from '../models/model-update.ts';
import type { ModelUpdateRecord } from '../records.ts';
import type { RetrainingState } from './retraining-state.ts';

export interface LearningLoopParts {
  readonly topology: Topology;
  /** Null if history is off: then nothing can be retrained. */
  readonly history: Pick<History, 'modelEvents'> | null;
  readonly publisher: BoundaryPublisher;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
  /** The outcome of a version, null if there is none yet. A loop that re-reads the past finds the outcomes of its own jobs. */
  outcome(version: string): ModelUpdateRecord | null;
  /** Champions that were in the topic when this engine started, in its order. */
  promoted(): readonly ModelUpdateRecord[];
}

/** `volume` of `volume: 8000 new labels`. */
export function triggerOf({ reason }: ModelUpdateRecord): string {
  return reason.split(':', 1)[0] ?? reason;
}

/** The event behind an update that came from no training: a promotion or a rollback by an operator. */
export function operatorEvent({ reason }: ModelUpdateRecord): ModelEventRow['kind'] {
  return reason === ROLLED_BACK ? 'rolled_back' : 'promoted';
}

/** Which training of a loop an update is the outcome of; null for one of an operator or of somebody else. */
export function trainingNumber({ version, reason }: ModelUpdateRecord): number | null {
  const [, number] = /^v(\d+)$/.exec(version) ?? [];
  return number === undefined || reason === PROMOTED || reason === ROLLED_BACK ? null : Number(number);
}

/** The loop's own part of a snapshot. */
export const LOOP = 'loop';

export interface LoopState {
  /** Accumulators of another task have another state. */
  readonly task: string;
  /** The target whose labels it has counted; snapshots of earlier releases do not say. */
  readonly target?: string;
  readonly label?: string;
  readonly retraining: RetrainingState;
  readonly champion: string | null;
  /** The version whose training was running. */
  readonly training: string | null;
  /** Event time of the newest prediction with a label, ms; snapshots before 0.2.0 have none. */
  readonly labelledMs?: number;
}
