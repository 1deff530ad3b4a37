// Hands the state of a backfill to the live engine that starts next (control path). In this order, so that a crash at any
// instant leaves something that the next start, or the next try, tells from state that is complete: keys, beside a checkpoint
// that says that there is none; the checkpoint; the group's offset.
import { NO_MODEL } from '../../core/blocks.ts';
import { MillraceError } from '../../core/errors.ts';
import { SEED_BYTES_MAX, SEED_KEYS_MAX } from '../../core/backfill-limits.ts';
import { emptyDelta, type StateDelta, type StatePut } from '../../core/state-delta.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Checkpoint, StateStores } from '../../ports/state-store.ts';
import type { Topology } from '../../topology/define.ts';
import { groupOf, taskWriterId } from '../../topology/topics.ts';
import type { TakenModel } from '../models/taken-model.ts';
import { positionMetadata } from '../recovery/committed-position.ts';
import { dropInterruptedSeed } from '../recovery/interrupted-seed.ts';
import { addTopicId, NO_EPOCH, UNKNOWN_SOURCE } from '../recovery/source-identity.ts';

/** The state that a backfill has built, which can be read as a whole. */
export interface BuiltState extends Pick<StateStores, 'open'> {
  dump(topology: string, origin: TopicPartition): Iterable<StatePut>;
}

export interface SeedParts {
  readonly topology: Topology;
  readonly log: EventLog;
  /** Of the live engine. */
  readonly stores: StateStores;
}

/** Below that of any member of a group: the engine that starts next is the newer owner. */
const GENERATION = 0;

/** That of every owner of a backfill's state. */
export const BUILT_GENERATION = 1;

/**
 * @param begun whether an earlier run of the same backfill began to hand over a partition
 * @returns the partitions that it has handed over
 * @throws CONFIG_INVALID if an engine runs, or a partition has a position or state: a seed replaces nothing
 */
export async function checkUnseeded(
  { topology, log, stores }: SeedParts,
  partitions: readonly number[],
  begun: (partition: number) => boolean = () => false,
): Promise<ReadonlySet<number>> {
  const { topic } = topology.source;
  await refuseMembers(topology, log);
  const positions = await log.committedOffsets(groupOf(topology.name), topic);
  const handed = new Set<number>();
  for (const partition of partitions) {
    const place = { topic, partition };
    const position = positions.get(partition);
    if (position !== undefined) {
      if (!begun(partition)) throw taken(place, `the group's offset is ${position.offset}`);
      handed.add(partition); // the group's offset is the last step
      continue;
    }
    const checkpoint = await stores.open(topology.name, place).restore(GENERATION, true);
    // Without the group's offset, state is what an earlier seed was about to hand over.
    if (checkpoint !== null && checkpoint.epoch !== NO_EPOCH && !isSeeded(checkpoint))
      throw taken(place, `the state is that of offset ${checkpoint.offsetNext}`);
  }
  return handed;
}

async function refuseMembers(topology: Topology, log: EventLog): Promise<void> {
  const group = groupOf(topology.name);
  const members = await log.memberCount(group, topology.source.topic);
  if (members === 0) return;
  throw new MillraceError('CONFIG_INVALID', `${members} members of the group run`, {
    where: group,
    remedy: 'Stop the engines: a state cannot be handed to one that runs.',
  });
}

function taken(place: TopicPartition, what: string): MillraceError {
  return new MillraceError('CONFIG_INVALID', `the partition is not new: ${what}`, {
    where: partitionName(place),
    remedy:
      'Leave out --seed-state, or give the topology another name: a seed is for a topology that has not run yet.',
  });
}

/** Epoch of a checkpoint that a seed has written: the first one of a partition. */
const SEED_EPOCH = 1;

function isSeeded({ epoch }: Checkpoint): boolean {
  return epoch === SEED_EPOCH;
}

export interface SeedAt {
  readonly partition: number;
  /** That the backfill has scored with; null if the partition had no record. */
  readonly model: TakenModel | null;
  /** The first that the engine reads. */
  readonly offset: number;
  /** Stages whose state says something of a log that the backfill had for itself: they start without. */
  readonly without?: readonly string[];
}

/** Writes the state of one partition, and the group's offset at which the live engine starts. */
export async function seedPartition(
  { topology, log, stores }: SeedParts,
  built: BuiltState,
  { partition, model, offset, without = [] }: SeedAt,
): Promise<void> {
  const place = { topic: topology.source.topic, partition };
  const source = { ...UNKNOWN_SOURCE, topicId: await log.topicId(place.topic) };
  const checkpoint = await built.open(topology.name, place).restore(BUILT_GENERATION, true);
  const store = stores.open(topology.name, place);
  await dropInterruptedSeed(store, await store.restore(GENERATION, true));
  await store.clear();
  const {
    watermarkMs = Number.NEGATIVE_INFINITY,
    modelVersion = NO_MODEL,
    stages = new Map(),
  } = checkpoint ?? {};
  const at = { offsetNext: offset, watermarkMs, modelVersion };
  for (const puts of chunks(built.dump(topology.name, place))) {
    const delta: StateDelta = { ...emptyDelta(), puts };
    addTopicId(delta.stages, source);
    await store.commit({ ...at, epoch: NO_EPOCH }, delta);
  }
  const kept = [...stages].filter(([stage]) => !without.includes(stage));
  const delta: StateDelta = { ...emptyDelta(), stages: new Map(kept) };
  addTopicId(delta.stages, source);
  await store.commit({ ...at, epoch: SEED_EPOCH }, delta);
  const writer = await log.epochWriter(taskWriterId(topology.name, place));
  try {
    const metadata = positionMetadata(watermarkMs, model, source);
    await writer.commit(groupOf(topology.name), place, offset, metadata);
  } finally {
    await writer.close();
  }
}

function* chunks(puts: Iterable<StatePut>): Generator<StatePut[]> {
  let chunk: StatePut[] = [];
  let bytes = 0;
  for (const put of puts) {
    chunk.push(put);
    bytes += put.state.length + (put.served?.length ?? 0);
    if (chunk.length < SEED_KEYS_MAX && bytes < SEED_BYTES_MAX) continue;
    yield chunk;
    [chunk, bytes] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}
