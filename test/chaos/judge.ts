// Compares what a chaos run left with what an undisturbed run leaves.
import type { FleetClient } from '../../bench/fleet/client.ts';
import type { Setting } from '../../bench/fleet/setting.ts';
import { topicsOf } from '../../src/topology/topics.ts';
import { answersTopic, hopTopics } from './exchanged.ts';
import { vectorsInOrder } from './in-order.ts';
import {
  historyTables,
  readDriftHistory,
  readDriftReports,
  readHistory,
  readOutputs,
  readState,
  readVectors,
  repartitionedTopic,
  type Outputs,
} from './left.ts';
import { readCommitted, type TopicRecord } from './read-topic.ts';
import { REFERENCE_DATABASE, referenceRedisUrl, runReference } from './reference.ts';
import { compareRows, isSame, type Difference, type LeftRow } from './rows.ts';
import topology from './topology.ts';

export interface Verdict {
  readonly isGood: boolean;
  /** By what was compared. */
  readonly differences: ReadonlyMap<string, Difference>;
  readonly feed: {
    readonly delivered: number;
    readonly connections: number;
    readonly repeated: number;
    readonly gaps: readonly string[];
    readonly doubles: readonly string[];
    readonly changed: readonly string[];
    readonly errors: readonly string[];
  };
  /** Who read the topics of outputs. */
  readonly readBy: string;
  /** Whatever else went wrong. */
  readonly problems: readonly string[];
}

function judgeFeed(client: FleetClient, predictions: readonly LeftRow[]): Verdict['feed'] {
  const { source } = topology;
  const served = new Map<string, number>();
  for (const [partition, seen] of client.seen.entries())
    for (const [offset, score] of seen) served.set(`${source.topic}-${partition}-${offset}`, score);
  const gaps: string[] = [];
  const changed = [...client.changed];
  for (const { id, content } of predictions) {
    const score = served.get(id);
    if (score === undefined) gaps.push(id);
    else if (Math.fround(Number(content.split(' ')[2])) !== Math.fround(score)) changed.push(id);
    served.delete(id);
  }
  const uncommitted = served.keys(); // what was served and never committed
  const { count: delivered, connections, repeated, doubles, errors } = client;
  return { delivered, connections, repeated, gaps, doubles, changed: [...changed, ...uncommitted], errors };
}

/** @param events all that the source has ever held, each partition's in the order of its offsets */
export async function judge(
  setting: Setting,
  client: FleetClient,
  events: readonly TopicRecord[],
  problems: readonly string[],
): Promise<Verdict> {
  const topics = topicsOf(topology);
  const outputs = [topics.predictions, topics.deadLetters, topics.late, topics.observations];
  const learned = [topics.retrainingJobs, topics.modelUpdates];
  const { values, readBy } = await readCommitted(setting.kafka.brokers, [
    ...outputs,
    ...learned,
    repartitionedTopic,
    ...hopTopics,
    answersTopic,
    topics.driftReports,
  ]);
  const found = await readOutputs(setting.codec, async (topic) => values.get(topic) ?? []);
  const expected = await runReference(setting, events);
  const differences = new Map<string, Difference>();
  const names: ReadonlyArray<readonly [string, keyof Outputs]> = [
    ['predictions', 'predictions'],
    ['dead letters', 'deadLetters'],
    ['late events', 'late'],
    ['repartitioned events', 'repartitioned'],
    ['observations', 'observations'],
    ['trainings', 'jobs'],
    ['outcomes of trainings', 'outcomes'],
    ['events of hops', 'hops'],
    ['answers of hops', 'answers'],
  ];
  for (const [name, key] of names) differences.set(name, compareRows(expected[key], found[key]));
  const state = await readState(setting.redis.url);
  differences.set('state in Redis', compareRows(await readState(referenceRedisUrl(setting)), state));
  const { url } = setting.clickhouse;
  for (const table of historyTables) {
    const rows = await readHistory(url, 'default', table);
    differences.set(
      `ClickHouse ${table}`,
      compareRows(await readHistory(url, REFERENCE_DATABASE, table), rows),
    );
  }
  // Computed without hops, merges or a second partition: what they are for.
  differences.set(
    'vectors in order',
    compareRows(await vectorsInOrder(setting, events), await readVectors(url)),
  );
  const reports = await readDriftReports(setting.codec, async (topic) => values.get(topic) ?? []);
  differences.set('drift reports', compareRows(await readDriftHistory(url), reports));
  const feed = judgeFeed(client, expected.predictions);
  const isFeedGood = feed.gaps.length + feed.doubles.length + feed.changed.length + feed.errors.length === 0;
  const isGood =
    problems.length === 0 &&
    reports.length > 0 &&
    found.outcomes.length > 0 &&
    isFeedGood &&
    [...differences.values()].every(isSame);
  return { isGood, differences, feed, problems, readBy };
}
