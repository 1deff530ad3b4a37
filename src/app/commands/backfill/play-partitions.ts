// The partitions of a backfill on an engine in this process (control path).
import type { EventLog, RecordWriter } from '../../../ports/event-log.ts';
import type { StateStores } from '../../../ports/state-store.ts';
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import { type Backfilled, runBackfill } from '../../../runtime/backfill/run-backfill.ts';
import type { ModelHub } from '../../../runtime/models/model-hub.ts';
import type { RunTotals } from '../../../runtime/task/run-stats.ts';
import { defaultTaskSettings, type TaskSettings } from '../../../runtime/task/task-parts.ts';
import type { Topology } from '../../../topology/define.ts';
import { isSensitive } from '../../../topology/sensitive-columns.ts';
import { showProgress } from '../../cli/progress.ts';
import { untilSignal } from '../../cli/signals.ts';
import { type Adapters, openFormat } from '../../compose/adapters.ts';
import type { Config } from '../../settings/config.ts';
import { openTables } from '../../compose/tables/open-tables.ts';
import type { BackfillProgress } from './backfill-progress.ts';
import type { Backfill } from './backfill-parts.ts';

/** Of one process: one computes while others wait for the history. Each that ends need not be played again. */
const PARTITIONS_AT_ONCE = 4;

interface Run {
  readonly parts: Backfill;
  /** Read alone. */
  readonly log: EventLog;
  readonly hub: ModelHub;
  readonly progress: BackfillProgress;
  readonly inputs: readonly BackfillInput[];
  readonly stores: StateStores;
}

export async function run({ parts, log, hub, progress, inputs, stores }: Run): Promise<Backfilled> {
  const { topology, adapters, config } = parts;
  const { codec, history, telemetry, quarantines } = adapters;
  const stop = new AbortController();
  const limits = await recordLimits(parts);
  let totals: RunTotals | null = null;
  const shown = showProgress(() => `${totals?.events ?? 0} events`);
  void untilSignal().then(() => stop.abort());
  try {
    return await runBackfill(
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
        settings: taskSettings(config),
        inputs,
        atOnce: PARTITIONS_AT_ONCE,
        finished: (partition, at) => progress.finish(partition, at),
        recordBytesMax: (topic) => limits.recordBytesMax(topic),
        dataFolder: config.dataFolder,
        stopped: stop.signal,
      },
      (counted) => {
        totals = counted;
      },
    );
  } finally {
    shown.stop();
    await limits.close();
  }
}

/** Its writer says how large a record may be; nothing is written. */
export function recordLimits({ adapters, topology }: Backfill): Promise<RecordWriter> {
  return adapters.log.recordWriter(`millrace.${topology.name}.backfill`);
}

export function taskSettings({ barrierIntervalMs, hotKeysMax, checkpointIntervalMs }: Config): TaskSettings {
  return { ...defaultTaskSettings, barrierIntervalMs, hotKeysMax, checkpointIntervalMs, offsetReset: 'fail' };
}

export function personalKeys(
  topology: Topology,
  adapters: Adapters,
): ReturnType<Adapters['personalKeys']> | null {
  return isSensitive(topology.source) ? adapters.personalKeys(topology) : null;
}
