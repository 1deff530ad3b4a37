// `millrace backfill`: runs past events through a topology (control path).
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../../core/errors.ts';
import { foreignViews } from '../../../topology/hops.ts';
import { MS_PER_SECOND } from '../../../core/time.ts';
import type { BuiltState } from '../../../runtime/backfill/seed-state.ts';
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import { finishedPartitions } from '../../../runtime/backfill/finished-partitions.ts';
import type { ModelHub } from '../../../runtime/models/model-hub.ts';
import { openProtection } from '../../../runtime/personal/protection.ts';
import { committedPosition } from '../../../runtime/recovery/committed-position.ts';
import type { CommittedOffset } from '../../../ports/event-log.ts';
import type { EventArchive } from '../../../ports/history.ts';
import type { StateStores } from '../../../ports/state-store.ts';
import { sharedArchive } from '../../../runtime/shared-archive.ts';
import type { Topology } from '../../../topology/define.ts';
import { targetNamed } from '../../../topology/targets.ts';
import { isEmbedded, openAdapters, openFormat, openStateFile } from '../../compose/adapters.ts';
import { lockFolder } from '../../compose/folder-lock.ts';
import { openParts } from '../../compose/parts.ts';
import type { TargetPlace } from '../../compose/load-target.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import type { Config } from '../../settings/config.ts';
import { endWithSupervisor, isSupervised } from '../../workers/supervised.ts';
import { checkDeclarations, checkSettings } from '../../settings/declared.ts';
import type { Backfill, BackfillOptions } from './backfill-parts.ts';
import { BackfillProgress, progressIn, type Bounds } from './backfill-progress.ts';
import { requestOf } from './backfill-request.ts';
import { digestOf, fileInputs } from './file-inputs.ts';
import { fromOf, partitionsOf } from './inputs.ts';
import { hopsIn, playHops } from './play-hops.ts';
import { personalKeys, run } from './play-partitions.ts';
import { scoringModel } from './scoring-model.ts';
import { Seed } from './seed.ts';
import { summaryLines } from './summary.ts';
import { archiveInputs, topicInputs } from './topic-inputs.ts';

/** A merge needs the events of every partition, and is in one process. */
export function refuseShares(
  { name, source, features }: Topology,
  option: '--partitions' | '--workers',
): void {
  const views = Object.keys(foreignViews(source, features));
  if (views.length === 0) return;
  throw new MillraceError(
    'CONFIG_INVALID',
    "a topology with views of another key than the source's is backfilled by one process",
    {
      where: `${option}, topology ${name}, views ${views.join(', ')}`,
      remedy: `Leave out ${option}: these views need the events of all partitions.`,
    },
  );
}

/** The parts that answer are the main target's, and write what it awaits. */
function refuseFurtherTarget({ name, source, features, target }: Topology): void {
  const views = Object.keys(foreignViews(source, features));
  if (target === undefined || target.isMain || views.length === 0) return;
  throw new MillraceError(
    'CONFIG_INVALID',
    "a target besides the main one with views of another key than the source's has no backfill",
    {
      where: `topology ${name}, views ${views.join(', ')}`,
      remedy: `Backfill the main target: its rows have the same features. Started live, '${target.name}' reads the source from its start.`,
    },
  );
}

export async function backfillTopology(
  place: TargetPlace,
  config: Config,
  options: BackfillOptions,
): Promise<void> {
  endWithSupervisor();
  const whole = await loadTopology(place.file);
  const declared = targetNamed(whole, place.target);
  checkDeclarations(declared);
  checkSettings(declared);
  if (options.partitions !== null) refuseShares(declared, '--partitions');
  refuseFurtherTarget(declared);
  const from = await fromOf(options.from, declared, whole.source.archive === true);
  const folder = backfillFolder(config, declared.name, options.partitions);
  const unlocks = [
    ...(isEmbedded(config) ? [await lockFolder(config.dataFolder)] : []),
    await lockFolder(folder),
  ];
  try {
    const adapters = await openAdapters(config, { eventsInMemory: false });
    try {
      const planned = await openParts(declared, adapters.log, adapters.telemetry);
      const { main: topology } = planned;
      const partitions = partitionsOf(topology, options.partitions);
      await backfill({
        file: place.file,
        planned,
        topology,
        partitions,
        adapters,
        config,
        folder,
        from,
        options,
      });
    } finally {
      await adapters.close();
    }
  } finally {
    for (const unlock of unlocks.reverse()) await unlock();
  }
}

async function backfill(parts: Backfill): Promise<void> {
  const { planned, topology, partitions, adapters, folder, options, from } = parts;
  if (adapters.embedsRegistry) await openFormat(topology, adapters.schemas).register();
  const hub = await scoringModel(topology, adapters, options.model);
  try {
    const model = hub.champion?.version ?? null;
    const digest = from.kind === 'files' ? await digestOf(from.files) : null;
    const request = await requestOf({ ...parts, model, log: adapters.log, digest });
    const progress = new BackfillProgress(folder, request);
    const seed = options.seedState ? await Seed.open(planned, adapters, partitions, progress) : null;
    const isBegun = progress.bounds.length > 0 && (planned.others.length === 0 || progress.isAnswered);
    if (!isBegun) await rm(stateIn(folder), { recursive: true, force: true });
    const built = await openStateFile(stateIn(folder), adapters.telemetry);
    try {
      await play(parts, { seed, hub, progress, built, digest });
    } finally {
      await built.close();
    }
  } finally {
    await hub.close();
  }
  // The others of a command with several processes may fail, and it is run again as a whole.
  if (!isSupervised()) await forgetBackfill(folder);
}

/** The folder of the state that a backfill builds. */
function stateIn(folder: string): string {
  return join(folder, 'state');
}

/** The folder of the rows of files. */
function rowsIn(folder: string): string {
  return join(folder, 'rows');
}

/** Of these partitions, null for all. */
export function backfillFolder(
  { dataFolder }: Pick<Config, 'dataFolder'>,
  topology: string,
  partitions: readonly number[] | null,
): string {
  const part = partitions === null ? 'all' : partitions.join('-').slice(0, 100);
  return join(dataFolder, 'backfill', topology, part);
}

/** Another run of the same command starts over. */
export async function forgetBackfill(folder: string): Promise<void> {
  await rm(progressIn(folder), { force: true });
  await rm(stateIn(folder), { recursive: true, force: true });
  await rm(hopsIn(folder), { recursive: true, force: true });
  await rm(rowsIn(folder), { recursive: true, force: true });
}

interface Playing {
  readonly seed: Seed | null;
  readonly hub: ModelHub;
  readonly progress: BackfillProgress;
  readonly built: BuiltState & StateStores;
  /** Of the content of files; null for another source. */
  readonly digest: Buffer | null;
}

/** Plays the partitions that no earlier run of this command has finished. */
async function play(parts: Backfill, { seed, hub, progress, built, digest }: Playing): Promise<void> {
  const { topology, from, options } = parts;
  const startedMs = performance.now();
  const inputs =
    from.kind === 'files' && digest !== null
      ? await openFiles(parts, from.files, digest, progress.bounds)
      : await logInputs(parts, from.kind === 'archive', progress.bounds);
  await seed?.check(inputs, from.kind !== 'files', options.range.untilMs);
  const ended = (partition: number): CommittedOffset | null => progress.finished(partition);
  const finished = await finishedPartitions(topology, built, inputs, ended);
  progress.begin(inputs);
  const left = inputs.filter(({ partition }) => !finished.has(partition));
  const hops = await playHops({ parts, progress, inputs, stores: built });
  try {
    const log = hops?.answered ?? parts.adapters.log;
    const played = await run({ parts, log, hub, progress, inputs: left, stores: built });
    const earlier = [...finished].map(([partition, at]) => [partition, committedPosition(at)] as const);
    const done = { ...played, positions: new Map([...earlier, ...played.positions]) };
    const seconds = (performance.now() - startedMs) / MS_PER_SECOND;
    const answers = hops?.line ?? null;
    for (const line of summaryLines({ topology, from, inputs, finished, answers, done, seconds })) say(line);
    for (const line of (await seed?.hand(built, done, hops?.own ?? null)) ?? []) say(line);
  } finally {
    await hops?.own.close();
  }
}

function openFiles(
  { topology, partitions, adapters, options, folder }: Backfill,
  files: readonly string[],
  digest: Buffer,
  bounds: readonly Bounds[],
): Promise<readonly BackfillInput[]> {
  const { rowFile, range } = options;
  const format = openFormat(topology, adapters.schemas);
  return fileInputs({
    topology,
    partitions,
    format,
    files,
    digest,
    rowFile,
    range,
    folder: rowsIn(folder),
    bounds,
    note: complain,
  });
}

async function logInputs(
  { topology, partitions, adapters, options }: Backfill,
  isArchive: boolean,
  bounds: readonly Bounds[],
): Promise<readonly BackfillInput[]> {
  const { log, history, codec, quarantines } = adapters;
  if (!isArchive) return topicInputs(log, topology, partitions, options.range, bounds);
  const quarantine = quarantines.of(topology.name);
  const personal = await personalKeys(topology, adapters);
  if (topology.target?.isMain === false) {
    const archive = sharedArchive({
      archive: history,
      topology: topology.target.topology,
      log,
      codec,
      personal,
    });
    return archiveInputs(archive, async () => archive, topology, partitions, options.range, bounds);
  }
  const protection = openProtection({ topology, log, codec, quarantine, personal, nowMs: Date.now });
  const opened = async (partition: number): Promise<EventArchive> =>
    protection === null ? history : protection.archive(partition, history);
  return archiveInputs(history, opened, topology, partitions, options.range, bounds);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(line: string): void {
  process.stderr.write(`millrace: ${line}\n`);
}
