// `millrace backfill`: runs past events through a topology (control path).
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MS_PER_SECOND } from '../../../core/time.ts';
import type { BuiltState } from '../../../runtime/backfill/seed-state.ts';
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import { finishedPartitions } from '../../../runtime/backfill/finished-partitions.ts';
import type { ModelHub } from '../../../runtime/models/model-hub.ts';
import { committedPosition } from '../../../runtime/recovery/committed-position.ts';
import type { CommittedOffset } from '../../../ports/event-log.ts';
import type { StateStores } from '../../../ports/state-store.ts';
import { targetNamed } from '../../../topology/targets.ts';
import { isEmbedded, openAdapters, openFormat, openStateFile } from '../../compose/adapters.ts';
import { makeDataFolder } from '../../compose/data-folder.ts';
import { isLocked, lockFolder } from '../../compose/folder-lock.ts';
import { openParts } from '../../compose/parts.ts';
import type { TargetPlace } from '../../compose/load-target.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import type { Config } from '../../settings/config.ts';
import { requireServers } from '../../workers/workers.ts';
import { endWithSupervisor, isSupervised } from '../../workers/supervised.ts';
import { checkDeclarations, checkSettings } from '../../settings/declared.ts';
import type { Backfill, BackfillOptions } from './backfill-parts.ts';
import { BackfillProgress } from './backfill-progress.ts';
import { requestOf } from './backfill-request.ts';
import { playShares } from './deal-shares.ts';
import { digestOf } from './file-inputs.ts';
import { backfillFolder, forgetBackfill, shareIn, sharesIn, stateIn } from './folders.ts';
import { fromOf, partitionsOf } from './inputs.ts';
import { type PlayedHops, playHops } from './play-hops.ts';
import { run } from './play-partitions.ts';
import { answeringFolder, playShare } from './play-share.ts';
import { readInputs } from './read-inputs.ts';
import { scoringModel } from './scoring-model.ts';
import { Seed } from './seed.ts';
import { checkShare, refuseFurtherTarget } from './foreign-views.ts';
import { inputLines, summaryLines } from './summary.ts';

/** The shutdown of a worker takes less, ms. */
const FREED_MS_MAX = 10_000;
const FREED_POLL_MS = 100;

/** @throws CONFIG_INVALID, among others for workers without servers that processes can share; what the first worker failed with */
export async function backfillTopology(
  place: TargetPlace,
  config: Config,
  options: BackfillOptions,
): Promise<void> {
  const { workers, seedState } = options;
  if (workers > 1)
    requireServers(
      config,
      seedState ? ['brokers', 'redisUrl', 'clickhouseUrl'] : ['brokers', 'clickhouseUrl'],
    );
  endWithSupervisor();
  const whole = await loadTopology(place.file);
  const declared = targetNamed(whole, place.target);
  checkDeclarations(declared);
  checkSettings(declared);
  refuseFurtherTarget(declared);
  const from = await fromOf(options.from, declared, whole.source.archive === true);
  const leader = answeringFolder();
  if (leader === null) checkShare(declared, options, from, Date.now());
  const folder =
    leader === null
      ? backfillFolder(config, declared.name, options.partitions)
      : shareIn(leader, options.partitions ?? []);
  const unlocks = [
    ...(isEmbedded(config) ? [await lockFolder(config.dataFolder)] : []),
    ...(isSupervised() ? [await lockFreedFolder(folder)] : [await lockFolder(folder)]),
  ];
  try {
    const adapters = await openAdapters(config, { eventsInMemory: false });
    try {
      const planned = await openParts(declared, adapters.log, adapters.telemetry);
      const { main: topology } = planned;
      const partitions = partitionsOf(topology, options.partitions);
      const { file } = place;
      const parts = { file, planned, topology, partitions, adapters, config, folder, from, options };
      await backfill(parts, leader);
    } finally {
      await adapters.close();
    }
  } finally {
    for (const unlock of unlocks.reverse()) await unlock();
  }
}

/** A worker of a command that was killed ends a moment later than the command. */
async function lockFreedFolder(folder: string): Promise<() => Promise<void>> {
  const startedMs = performance.now();
  await makeDataFolder(folder);
  while ((await isLocked(folder)) && performance.now() - startedMs < FREED_MS_MAX) await sleep(FREED_POLL_MS);
  return lockFolder(folder);
}

/** @param leader folder of the command that has answered the events, if this is a worker of it */
async function backfill(parts: Backfill, leader: string | null): Promise<void> {
  const { topology, adapters, options } = parts;
  if (adapters.embedsRegistry) await openFormat(topology, adapters.schemas).register();
  const hub = await scoringModel(topology, adapters, options.model);
  try {
    if (leader === null) await playAll(parts, hub);
    else for (const line of await playShare(parts, hub, leader)) say(line);
  } finally {
    await hub.close();
  }
  // The others of a command with several processes may fail, and it is run again as a whole.
  if (!isSupervised()) await forgetBackfill(parts.folder);
}

async function playAll(parts: Backfill, hub: ModelHub): Promise<void> {
  const { planned, partitions, adapters, folder, options, from } = parts;
  const model = hub.champion?.version ?? null;
  const digest = from.kind === 'files' ? await digestOf(from.files) : null;
  const request = await requestOf({ ...parts, model, log: adapters.log, digest });
  const progress = new BackfillProgress(folder, request);
  const seed = options.seedState ? await Seed.open(planned, adapters, partitions, progress) : null;
  if (!progress.isAnswered)
    for (const built of [stateIn(folder), sharesIn(folder)])
      await rm(built, { recursive: true, force: true });
  const built = await openStateFile(stateIn(folder), adapters.telemetry);
  try {
    await play(parts, { seed, hub, request, progress, built, digest });
  } finally {
    await built.close();
  }
}

interface Playing {
  readonly seed: Seed | null;
  readonly hub: ModelHub;
  readonly request: string;
  readonly progress: BackfillProgress;
  readonly built: BuiltState & StateStores;
  /** Of the content of files; null for another source. */
  readonly digest: Buffer | null;
}

async function play(parts: Backfill, playing: Playing): Promise<void> {
  const { topology, planned, partitions, from, options } = parts;
  const { seed, progress, built, digest } = playing;
  const startedMs = performance.now();
  // Hops need the events of every partition.
  const read = planned.others.length === 0 ? partitions : partitionsOf(topology, null);
  const inputs = await readInputs(parts, read, progress.bounds, digest);
  await seed?.check(inputs, from.kind !== 'files', options.range.untilMs);
  progress.begin(inputs);
  const hops = await playHops({ parts, progress, inputs, stores: built });
  if (!progress.isAnswered) progress.answered();
  try {
    const own = inputs.filter(({ partition }) => partitions.includes(partition));
    if (options.workers === 1) await playHere(parts, playing, own, hops, startedMs);
    else await playThere(parts, playing, own, hops);
  } finally {
    await hops?.own.close();
  }
}

/** Plays the partitions that no earlier run of this command has finished. */
async function playHere(
  parts: Backfill,
  { seed, hub, progress, built }: Playing,
  inputs: readonly BackfillInput[],
  hops: PlayedHops | null,
  startedMs: number,
): Promise<void> {
  const { topology, from, adapters } = parts;
  const ended = (partition: number): CommittedOffset | null => progress.finished(partition);
  const finished = await finishedPartitions(topology, built, inputs, ended);
  const left = inputs.filter(({ partition }) => !finished.has(partition));
  const log = hops?.answered ?? adapters.log;
  const played = await run({ parts, log, hub, progress, inputs: left, stores: built });
  const earlier = [...finished].map(([partition, at]) => [partition, committedPosition(at)] as const);
  const done = { ...played, positions: new Map([...earlier, ...played.positions]) };
  const seconds = (performance.now() - startedMs) / MS_PER_SECOND;
  const answers = hops?.line ?? null;
  for (const line of summaryLines({ topology, from, inputs, finished, answers, done, seconds })) say(line);
  for (const line of (await seed?.hand(built, done.positions, hops?.own ?? null)) ?? []) say(line);
}

/** Has workers play them, and hands over what all of them have built. */
async function playThere(
  parts: Backfill,
  { seed, hub, request, progress, built: stores }: Playing,
  inputs: readonly BackfillInput[],
  hops: PlayedHops | null,
): Promise<void> {
  const { topology, from } = parts;
  for (const line of inputLines({ topology, from, inputs, answers: hops?.line ?? null })) say(line);
  const shares = await playShares({ parts, hub, request, progress, inputs, stores });
  try {
    const positions = new Map([...shares.ends].map(([partition, at]) => [partition, committedPosition(at)]));
    for (const line of (await seed?.hand(shares.built, positions, hops?.own ?? null)) ?? []) say(line);
  } finally {
    await shares.close();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
