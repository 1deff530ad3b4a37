// What a world has on the servers: found, and removed at its end.
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import type { Declaration } from './declaration.ts';
import type { Stage } from './stage.ts';

/** Where a world is on the servers. */
export interface Place {
  readonly stage: Stage;
  readonly admin: Admin;
  readonly declaration: Declaration;
  readonly group: string;
}

const SCAN_COUNT = 1_000;

/** Keys of a world's state in Redis. */
export async function stateKeys({
  stage,
  declaration,
}: Pick<Place, 'stage' | 'declaration'>): Promise<string[]> {
  const keys = new Set<string>();
  let cursor = '0';
  do {
    const pattern = `mr:*${declaration.name}*`;
    const [next, found] = await stage.redis.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
    for (const key of found) keys.add(key);
    cursor = next;
  } while (cursor !== '0');
  return [...keys];
}

/** Removes what a world left on the servers; harmless where it is gone. */
export async function clearWorld(place: Place): Promise<void> {
  const { admin, declaration, group, stage } = place;
  const topics = (await admin.listTopics()).filter(
    (topic) => topic === declaration.topic || topic.startsWith(`${declaration.name}.`),
  );
  await admin.deleteTopics({ topics }).catch(() => undefined);
  await admin.deleteGroups([group]).catch(() => undefined);
  const keys = await stateKeys(place);
  if (keys.length > 0) await stage.redis.unlink(...keys);
}

/** Changes settings of a topic and keeps its others: Kafka replaces all that a topic has of its own. */
export async function alterTopic(
  admin: Admin,
  topic: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic };
  const described = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
  const own = described.resources[0]?.configEntries.filter(({ isDefault }) => !isDefault) ?? [];
  const kept = Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]));
  const configEntries = Object.entries({ ...kept, ...settings }).map(([name, value]) => ({ name, value }));
  await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] });
}

export interface Loss {
  readonly partition: number;
  readonly committed: number;
  /** Offsets [low, high) are left. */
  readonly low: number;
  readonly high: number;
}

/** Deletes a share of the records of each partition, as retention does. */
export async function loseRecords(
  { admin, topic, group }: { readonly admin: Admin; readonly topic: string; readonly group: string },
  share: () => number,
): Promise<Loss[]> {
  const [read] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const committed = new Map(read?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  const ends = await admin.fetchTopicOffsets(topic);
  const losses = ends.map(({ partition, high }) => ({
    partition,
    committed: Math.max(0, committed.get(partition) ?? 0),
    low: Math.floor(Number(high) * share()),
    high: Number(high),
  }));
  const partitions = losses.map(({ partition, low }) => ({ partition, offset: String(low) }));
  await admin.deleteTopicRecords({ topic, partitions });
  return losses.toSorted((a, b) => a.partition - b.partition);
}

const CREATE_TRIES = 50;
const CREATE_MS = 100;

/** Deletes a topic and creates it again, which a broker refuses until the first is gone. */
export async function recreateTopic(admin: Admin, topic: string, numPartitions: number): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  const configEntries = [{ name: 'retention.ms', value: '-1' }];
  for (let i = 0; ; i++) {
    try {
      if (
        await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: false })
      )
        break;
    } catch (error) {
      if (i >= CREATE_TRIES) throw error;
    }
    if (i >= CREATE_TRIES) throw new Error(`${topic} cannot be created again`);
    await sleep(CREATE_MS);
  }
}
