// Runs history through the tasks of an engine (control path): the code of a live run, over another log, another state store and
// one sink. A partition that was interrupted is run again from its start, and the history keeps one of each row.
import type { CommittedOffset, EventLog } from '../../ports/event-log.ts';
import type { History } from '../../ports/history.ts';
import { openSinks } from '../commit/open-sinks.ts';
import { Engine } from '../engine.ts';
import type { EngineParts } from '../engine-parts.ts';
import { committedPosition, type CommittedPosition } from '../recovery/committed-position.ts';
import type { RunTotals } from '../task/run-stats.ts';
import type { BackfillInput } from './backfill-input.ts';
import { BackfillLog } from './backfill-log.ts';
import { backfilledRows } from './backfilled-rows.ts';
import { interrupted, untilAborted } from './interrupted.ts';
import { UndecidedBoundaries } from './undecided-boundaries.ts';

export interface BackfillParts extends Omit<EngineParts, 'log' | 'history' | 'sinks' | 'control' | 'nowMs'> {
  /** The real log, which is only read. */
  readonly log: EventLog;
  readonly history: History;
  readonly inputs: readonly BackfillInput[];
  /** Partitions that are played at the same time. */
  readonly atOnce: number;
  /** Called with the end of each partition whose task has come there: if its state is there too, it is finished. */
  readonly finished: (partition: number, at: CommittedOffset) => void;
  readonly recordBytesMax: (topic: string) => number;
  readonly dataFolder: string;
  /** Aborts after a signal. */
  readonly stopped: AbortSignal;
}

export interface Backfilled {
  readonly totals: RunTotals;
  /** By partition; a partition without a record is missing. */
  readonly positions: ReadonlyMap<number, CommittedPosition>;
}

/** Time that tasks have for their last commit after a signal, ms: nothing of theirs is needed. */
const STOP_MS_MAX = 0;

/**
 * @param started receives the totals, which change while it runs
 * @throws LOG_FAILED if it was stopped
 */
export async function runBackfill(
  { inputs, atOnce, finished, recordBytesMax, dataFolder, history, stopped, ...parts }: BackfillParts,
  started: (totals: RunTotals) => void,
): Promise<Backfilled> {
  const { telemetry } = parts;
  // The archive is of what the log has had; a backfill adds nothing to it.
  const topology = { ...parts.topology, source: { ...parts.topology.source, archive: false } };
  const partitionEnded = (partition: number): void => {
    const at = log.committed(partition);
    const input = inputs.find((one) => one.partition === partition);
    if (at !== null && at.offset === input?.to) finished(partition, at);
  };
  const log = new BackfillLog({ log: parts.log, topology, inputs, atOnce, recordBytesMax, partitionEnded });
  const sinks = await openSinks([backfilledRows(history)], topology, telemetry, dataFolder);
  const engine = new Engine({
    ...parts,
    topology,
    log,
    history: null,
    sinks,
    control: new UndecidedBoundaries(),
    nowMs: Date.now,
  });
  try {
    started(engine.stats);
    await engine.start();
    await Promise.race([log.ended(), engine.failure, untilAborted(stopped)]);
    // A task reports its failure after its end.
    await Promise.race([engine.failure, new Promise(setImmediate)]);
    if (stopped.aborted) throw interrupted(topology.name);
  } finally {
    await engine.stop(STOP_MS_MAX);
    await sinks.close();
  }
  const positions = inputs.flatMap(({ partition }): Array<[number, CommittedPosition]> => {
    const committed = log.committed(partition);
    return committed === null ? [] : [[partition, committedPosition(committed)]];
  });
  return { totals: engine.stats, positions: new Map(positions) };
}
