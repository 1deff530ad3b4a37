// The first half of a backfill of a topology with views of other keys (control path): its front, its merges and the parts of
// its hops run over the whole range, as they do live, on a log of their own. What they answer is there when the topology
// itself is played.
import { setTimeout as sleep } from 'node:timers/promises';
import { MERGE_STUCK_MS } from '../../core/merge-limits.ts';
import { MillraceError } from '../../core/errors.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Topology } from '../../topology/define.ts';
import { mergesOf } from '../../topology/merge.ts';
import type { Parts } from '../../topology/parts.ts';
import { dataKeysTopic, groupOf, taskWriterId, topicSpecs } from '../../topology/topics.ts';
import { Merges } from '../merge/merges.ts';
import { untilMerged } from '../merge/until-merged.ts';
import { startParts, stopParts, type PartsOptions } from '../parts.ts';
import { positionMetadata } from '../recovery/committed-position.ts';
import { UNKNOWN_SOURCE } from '../recovery/source-identity.ts';
import type { RunTotals } from '../task/run-stats.ts';
import type { BackfillInput } from './backfill-input.ts';
import { BackfillLog } from './backfill-log.ts';
import { interrupted, untilAborted } from './interrupted.ts';
import { RoutedLog } from './routed-log.ts';

export interface AnswerOptions extends Omit<PartsOptions, 'archive' | 'failed'> {
  readonly parts: Parts;
  /** The real log, which is only read. */
  readonly log: EventLog;
  /** For what the parts exchange, and their positions: empty. */
  readonly own: EventLog;
  readonly inputs: readonly BackfillInput[];
  readonly recordBytesMax: (topic: string) => number;
  /** Aborts after a signal. */
  readonly stopped: AbortSignal;
}

/** What the parts of a topology exchange: topics of hops, before and after their merges, answers, and the front's data keys. */
export function ownTopics({ main, others }: Parts): ReadonlySet<string> {
  const hops = mergesOf({ ...main, repartition: null }).flatMap(({ topic, before }) => [topic, before]);
  const answers = main.part === undefined ? [] : [main.part.answers];
  const fronts = others.filter(({ part }) => part?.role === 'front');
  return new Set([...hops, ...answers, ...fronts.map(({ name }) => dataKeysTopic(name))]);
}

const POLL_MS = 50;
/** For the last commits of parts that have nothing left to read, ms. */
const STOP_MS_MAX = 60_000;

/**
 * Resolves when every event of the inputs is answered, and the state of the parts is that of their ends.
 * @param started receives the totals of the front, which change while it runs
 * @returns those of the front
 */
export async function answerEvents(
  { parts, log, own, inputs, recordBytesMax, stopped, ...common }: AnswerOptions,
  started: (totals: RunTotals) => void,
): Promise<RunTotals> {
  const { main, others } = parts;
  // What the topology itself repartitions goes nowhere.
  const hops = { ...main, repartition: null };
  const topics = ownTopics(parts);
  const front = others.find(({ part }) => part?.role === 'front') ?? main;
  // Positions of the front are those of a topic that is read elsewhere.
  await own.ensureTopics(
    topicSpecs(main).filter(({ topic }) => topics.has(topic) || topic === main.source.topic),
  );
  await settleEmpty(own, log, front, inputs);
  // All at once: a merge needs the events of every partition.
  const source = new BackfillLog({
    log,
    topology: front,
    inputs,
    atOnce: inputs.length,
    recordBytesMax,
    partitionEnded: () => undefined,
  });
  const routed = new RoutedLog({ own, isOwn: (topic) => topics.has(topic), other: source, recordBytesMax });
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined); // it may come before anything awaits it
  const failed = failure.reject;
  const merges = new Merges({ ...common, topology: hops, log: routed, failed, waitMs: 0 });
  merges.start();
  const engines = await startParts(others, { ...common, log: routed, archive: null, failed });
  const { stats } = engines[others.indexOf(front)] ?? { stats: null };
  let isOver = false;
  const isStopped = (): boolean => isOver || stopped.aborted;
  try {
    if (stats !== null) started(stats);
    await Promise.race([source.ended(), failure.promise, untilAborted(stopped)]);
    await Promise.race([
      untilAnswered({ main: hops, others }, routed, isStopped),
      failure.promise,
      untilAborted(stopped),
    ]);
    isOver = true;
    // With a final commit: the state is read, or handed over.
    await stopParts(engines, stopped.aborted ? 0 : STOP_MS_MAX);
    for (const { stopFailure } of engines) if (stopFailure !== null && !stopped.aborted) throw stopFailure;
    if (stopped.aborted) throw interrupted(main.name);
  } finally {
    isOver = true;
    await Promise.all([merges.stop(0), stopParts(engines, 0)]);
  }
  if (stats === null) throw new MillraceError('INVARIANT', 'a topology with hops has a front');
  return stats;
}

/** The task of a partition without a record commits nothing, and a merge would wait for it. */
async function settleEmpty(
  own: EventLog,
  log: EventLog,
  { name, source: { topic } }: Topology,
  inputs: readonly BackfillInput[],
): Promise<void> {
  const empty = inputs.filter(({ to }) => to === 0);
  if (empty.length === 0) return;
  const counts = await log.partitionCounts([topic]);
  const topicId = counts.has(topic) ? await log.topicId(topic) : null;
  const metadata = positionMetadata(Number.NEGATIVE_INFINITY, null, { ...UNKNOWN_SOURCE, topicId });
  for (const { partition } of empty) {
    const place = { topic, partition };
    const writer = await own.epochWriter(taskWriterId(name, place));
    try {
      await writer.commit(groupOf(name), place, 0, metadata);
    } finally {
      await writer.close();
    }
  }
}

/** The merges first: what they write is what the parts of hops read. */
async function untilAnswered(
  { main, others }: Parts,
  log: EventLog,
  isStopped: () => boolean,
): Promise<void> {
  const clock = (): number => performance.now();
  for (const merge of mergesOf(main)) {
    if (await untilMerged(merge, { log, isStopped, clock, stuckMs: MERGE_STUCK_MS })) continue;
    if (isStopped()) return;
    throw new MillraceError('INVARIANT', 'a merge waits for events that no partition has', {
      where: merge.before,
    });
  }
  for (const { name, part } of others) {
    if (part?.role !== 'entity') continue;
    for (const [partition, { readable }] of (await log.ends(name)).entries())
      while (!isStopped() && (await committedIn(log, name, partition)) < readable) await sleep(POLL_MS);
  }
}

async function committedIn(log: EventLog, hop: string, partition: number): Promise<number> {
  return (await log.committedOffsets(groupOf(hop), hop)).get(partition)?.offset ?? 0;
}
