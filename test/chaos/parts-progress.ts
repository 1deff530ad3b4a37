// Whether the parts of the topology, and its merges, have come to the end of what they read.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import type { EventLog } from '../../src/ports/event-log.ts';
import type { Topology } from '../../src/topology/define.ts';
import { mergesOf } from '../../src/topology/merge.ts';
import { partsOf } from '../../src/topology/parts.ts';
import { groupOf } from '../../src/topology/topics.ts';
import { stateReaches } from './state-progress.ts';
import topology from './topology.ts';

const POLL_MS = 100;

const parts = partsOf(topology);
export const main: Topology = parts.main;
export const others: readonly Topology[] = parts.others;

interface Reader {
  readonly groupId: string;
  readonly topic: string;
}

/** In the order in which one waits for what the others send. */
const front = others.filter(({ part }) => part?.role === 'front');
const hops = others.filter(({ part }) => part?.role === 'entity');
const ofPart = ({ name, source }: Topology): Reader => ({
  groupId: groupOf(name),
  topic: source.topic,
});
const readers: readonly Reader[] = [
  ...front.map((part) => ofPart(part)),
  ...mergesOf(main).map(({ groupId, before }) => ({ groupId, topic: before })),
  ...hops.map((part) => ofPart(part)),
];

/** What each partition has at its end, and what a group has committed there. */
interface Asked {
  ends(topic: string): Promise<readonly number[]>;
  committed(reader: Reader): Promise<ReadonlyMap<number, number>>;
}

/** @returns the offsets that a reader comes to; null if it takes longer than until the instant */
async function reached(asked: Asked, reader: Reader, untilMs: number): Promise<readonly number[] | null> {
  const ends = await asked.ends(reader.topic);
  while (performance.now() < untilMs) {
    const offsets = await asked.committed(reader);
    if (ends.every((end, partition) => end === 0 || (offsets.get(partition) ?? -1) >= end)) return ends;
    await sleep(POLL_MS);
  }
  return null;
}

function askedOf(admin: Admin): Asked {
  return {
    async ends(topic) {
      const ends: number[] = [];
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) ends[partition] = Number(high);
      return ends;
    },
    async committed({ groupId, topic }) {
      const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return new Map(group?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    },
  };
}

/** Asked from outside, with the state in Redis. @returns what has not come to its end */
export async function partsReach(kafka: Kafka, redisUrl: string, withinMs: number): Promise<string[]> {
  const problems: string[] = [];
  const admin = kafka.admin();
  await admin.connect();
  const asked = askedOf(admin);
  const untilMs = performance.now() + withinMs;
  const byGroup = new Map(others.map((part) => [groupOf(part.name), part]));
  try {
    for (const reader of readers) {
      const ends = await reached(asked, reader, untilMs);
      const part = byGroup.get(reader.groupId);
      if (ends === null) problems.push(`${reader.groupId} has not come to the end of ${reader.topic}`);
      else if (part !== undefined && !(await stateReaches(redisUrl, part, ends, withinMs)))
        problems.push(`the state of ${part.name} in Redis has not come to the end of ${reader.topic}`);
    }
    return problems;
  } finally {
    await admin.disconnect();
  }
}

/** The same of parts in this process, without the state. @throws Error if one does not come to its end */
export async function partsEnd(log: EventLog, withinMs: number): Promise<void> {
  const asked: Asked = {
    ends: async (topic) => (await log.ends(topic)).map(({ readable }) => readable),
    async committed({ groupId, topic }) {
      const committed = await log.committedOffsets(groupId, topic);
      return new Map([...committed].map(([partition, { offset }]) => [partition, offset]));
    },
  };
  const untilMs = performance.now() + withinMs;
  for (const reader of readers)
    if ((await reached(asked, reader, untilMs)) === null)
      throw new Error(`${reader.groupId} has not come to the end of ${reader.topic}`);
}
