// The partitions of a backfill on an engine in this process, with the reader of the files beside it (control path).
import type { StateStores } from '../../../ports/state-store.ts';
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import { type Backfilled, runBackfill } from '../../../runtime/backfill/run-backfill.ts';
import type { ModelHub } from '../../../runtime/models/model-hub.ts';
import type { RunTotals } from '../../../runtime/task/run-stats.ts';
import { defaultTaskSettings } from '../../../runtime/task/task-parts.ts';
import type { Topology } from '../../../topology/define.ts';
import { isSensitive } from '../../../topology/sensitive-columns.ts';
import { showProgress } from '../../cli/progress.ts';
import { untilSignal } from '../../cli/signals.ts';
import { type Adapters, openFormat } from '../../compose/adapters.ts';
import { openTables } from '../../compose/tables/open-tables.ts';
import type { BackfillProgress } from './backfill-progress.ts';
import type { Backfill } from './backfill-parts.ts';
import type { FileInputs } from './file-inputs.ts';

/** Of one process: one computes while others wait for the history. Each that ends need not be played again. */
const PARTITIONS_AT_ONCE = 4;

interface Run {
  readonly parts: Backfill;
  readonly hub: ModelHub;
  readonly progress: BackfillProgress;
  readonly inputs: readonly BackfillInput[];
  /** Null if they are not those of files, which are read together. */
  readonly files: FileInputs | null;
  readonly stores: StateStores;
}

export async function run({ parts, hub, progress, inputs, files, stores }: Run): Promise<Backfilled> {
  const { topology, adapters, config } = parts;
  const { log, codec, history, telemetry, quarantines } = adapters;
  const stop = new AbortController();
  const limits = await log.recordWriter(`millrace.${topology.name}.backfill`);
  let totals: RunTotals | null = null;
  const shown = files === null ? showProgress(() => `${totals?.events ?? 0} events`) : null;
  if (files === null) void untilSignal().then(() => stop.abort());
  try {
    const running = runBackfill(
      {
        topology,
        log,
        format: openFormat(topology, adapters.schemas),
        codec,
        stores,
        history,
        hub,
        telemetry,
        quarantine: quarantines.of(topology.name),
        tables: openTables(topology, adapters, config),
        personal: await personalKeys(topology, adapters),
        settings: {
          ...defaultTaskSettings,
          barrierIntervalMs: config.barrierIntervalMs,
          hotKeysMax: config.hotKeysMax,
          checkpointIntervalMs: config.checkpointIntervalMs,
          offsetReset: 'fail',
        },
        inputs,
        atOnce: files === null ? PARTITIONS_AT_ONCE : Number.POSITIVE_INFINITY,
        finished: (partition, at) => progress.finish(partition, at),
        recordBytesMax: (topic) => limits.recordBytesMax(topic),
        dataFolder: config.dataFolder,
        stopped: stop.signal,
      },
      (counted) => {
        totals = counted;
      },
    );
    return await together(running, files, () => stop.abort());
  } finally {
    shown?.stop();
    await limits.close();
  }
}

/** The tasks and the reader of the files: where one fails, the other ends. Throws what failed first. */
async function together(
  running: Promise<Backfilled>,
  files: FileInputs | null,
  stop: () => void,
): Promise<Backfilled> {
  const failures: unknown[] = [];
  const reading = async (): Promise<void> => {
    try {
      if ((await files?.run()) === false) stop();
    } catch (error) {
      failures.push(error);
      stop();
    }
  };
  const ending = async (): Promise<void> => {
    try {
      await running;
    } catch (error) {
      failures.push(error);
      files?.close();
    }
  };
  await Promise.all([reading(), ending()]);
  if (failures.length > 0) throw failures[0];
  return running;
}

export function personalKeys(
  topology: Topology,
  adapters: Adapters,
): ReturnType<Adapters['personalKeys']> | null {
  return isSensitive(topology.source) ? adapters.personalKeys(topology) : null;
}
