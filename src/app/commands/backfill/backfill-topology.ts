// `millrace backfill`: runs past events through a topology (control path).
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../../core/errors.ts';
import { foreignViews } from '../../../topology/hops.ts';
import { isSensitive } from '../../../topology/sensitive-columns.ts';
import { MS_PER_SECOND } from '../../../core/time.ts';
import { withAddedPartitions } from '../../../runtime/added-partitions.ts';
import { type Backfilled, runBackfill } from '../../../runtime/backfill/run-backfill.ts';
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import { openProtection } from '../../../runtime/personal/protection.ts';
import { defaultTaskSettings } from '../../../runtime/task/task-parts.ts';
import type { RunTotals } from '../../../runtime/task/run-stats.ts';
import type { EventArchive } from '../../../ports/history.ts';
import type { StateStores } from '../../../ports/state-store.ts';
import type { Topology } from '../../../topology/define.ts';
import { showProgress } from '../../cli/progress.ts';
import { untilSignal } from '../../cli/signals.ts';
import {
  type Adapters,
  isEmbedded,
  openAdapters,
  openFormat,
  openStateFile,
} from '../../compose/adapters.ts';
import { openTables } from '../../compose/tables/open-tables.ts';
import { lockFolder } from '../../compose/folder-lock.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import type { Config } from '../../settings/config.ts';
import { checkDeclarations, checkSettings } from '../../settings/declared.ts';
import type { RowFileOptions } from '../row-file-options.ts';
import { FileInputs } from './file-inputs.ts';
import { type BackfillFrom, fromOf, partitionsOf, type TimeRange } from './inputs.ts';
import { scoringModel } from './scoring-model.ts';
import { Seed } from './seed.ts';
import { summaryLines } from './summary.ts';
import { archiveInputs, topicInputs } from './topic-inputs.ts';

export interface BackfillOptions {
  readonly from: string;
  readonly range: TimeRange;
  /** Null for all. */
  readonly partitions: readonly number[] | null;
  /** Whether a live engine goes on with the state. */
  readonly seedState: boolean;
  /** Null for the champion. */
  readonly model: string | null;
  readonly rowFile: RowFileOptions;
}

/** A backfill runs one partition after the other, and these views need the events of all. */
function refuseHops({ name, source, features }: Topology): void {
  const views = Object.keys(foreignViews(source, features));
  if (views.length === 0) return;
  throw new MillraceError(
    'CONFIG_INVALID',
    "a topology with views of another key than the source's has no backfill",
    {
      where: `topology ${name}, views ${views.join(', ')}`,
      remedy: 'Run it under another name: it reads its source from the start.',
    },
  );
}

export async function backfillTopology(
  file: string,
  config: Config,
  options: BackfillOptions,
): Promise<void> {
  const declared = await loadTopology(file);
  checkDeclarations(declared);
  checkSettings(declared);
  refuseHops(declared);
  const from = await fromOf(options.from, declared);
  const part = options.partitions === null ? 'all' : options.partitions.join('-').slice(0, 100);
  const folder = join(config.dataFolder, 'backfill', declared.name, part);
  const unlocks = [
    ...(isEmbedded(config) ? [await lockFolder(config.dataFolder)] : []),
    await lockFolder(folder),
  ];
  try {
    const adapters = await openAdapters(config, { eventsInMemory: false });
    try {
      const topology = await withAddedPartitions(declared, adapters.log, adapters.telemetry);
      const partitions = partitionsOf(topology, options.partitions);
      await backfill({ topology, partitions, adapters, config, folder, from, options });
    } finally {
      await adapters.close();
    }
  } finally {
    for (const unlock of unlocks.reverse()) await unlock();
  }
}

interface Backfill {
  readonly topology: Topology;
  /** Of this process. */
  readonly partitions: readonly number[];
  readonly adapters: Adapters;
  readonly config: Config;
  /** For the state that it builds. */
  readonly folder: string;
  readonly from: BackfillFrom;
  readonly options: BackfillOptions;
}

async function backfill(parts: Backfill): Promise<void> {
  const { topology, partitions, adapters, folder, from, options } = parts;
  if (adapters.embedsRegistry) await openFormat(topology, adapters.schemas).register();
  const seed = options.seedState ? await Seed.open(topology, adapters, partitions) : null;
  const stateFolder = join(folder, 'state');
  await rm(stateFolder, { recursive: true, force: true });
  const built = await openStateFile(stateFolder, adapters.telemetry);
  try {
    const startedMs = performance.now();
    const files = from.kind === 'files' ? await openFiles(parts, from.files) : null;
    const inputs = files?.inputs ?? (await logInputs(parts, from.kind === 'archive'));
    await seed?.check(inputs, files === null, options.range.untilMs);
    const done = await run(parts, inputs, files, built);
    const seconds = (performance.now() - startedMs) / MS_PER_SECOND;
    for (const line of summaryLines({ topology, from, inputs, done, seconds })) say(line);
    for (const line of (await seed?.hand(built, done)) ?? []) say(line);
  } finally {
    await built.close();
    await rm(stateFolder, { recursive: true, force: true });
  }
}

function openFiles(
  { topology, partitions, adapters, options }: Backfill,
  files: readonly string[],
): Promise<FileInputs> {
  const { rowFile, range } = options;
  const format = openFormat(topology, adapters.schemas);
  return FileInputs.open({ topology, partitions, format, files, rowFile, range, note: complain });
}

async function logInputs(
  { topology, partitions, adapters, options }: Backfill,
  isArchive: boolean,
): Promise<readonly BackfillInput[]> {
  const { log, history, codec, quarantines } = adapters;
  if (!isArchive) return topicInputs(log, topology, partitions, options.range);
  const quarantine = quarantines.of(topology.name);
  const personal = await personalKeys(topology, adapters);
  const protection = openProtection({ topology, log, codec, quarantine, personal, nowMs: Date.now });
  const opened = async (partition: number): Promise<EventArchive> =>
    protection === null ? history : protection.archive(partition, history);
  return archiveInputs(history, opened, topology, partitions, options.range);
}

function personalKeys(topology: Topology, adapters: Adapters): ReturnType<Adapters['personalKeys']> | null {
  return isSensitive(topology.source) ? adapters.personalKeys(topology) : null;
}

async function run(
  { topology, adapters, config, options }: Backfill,
  inputs: readonly BackfillInput[],
  files: FileInputs | null,
  stores: StateStores,
): Promise<Backfilled> {
  const { log, codec, history, telemetry, quarantines } = adapters;
  const stop = new AbortController();
  const hub = await scoringModel(topology, adapters, options.model);
  const limits = await log.recordWriter(`millrace.${topology.name}.backfill`);
  let totals: RunTotals | null = null;
  const progress = files === null ? showProgress(() => `${totals?.events ?? 0} events`) : null;
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
    progress?.stop();
    await limits.close();
    await hub.close();
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

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(line: string): void {
  process.stderr.write(`millrace: ${line}\n`);
}
