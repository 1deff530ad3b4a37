// Waits, from outside, until a group has committed everything that its source has.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { EngineLife } from './engine.ts';

/** What is not committed by then never will be. */
const SETTLE_MS_MAX = 45_000;
const POLL_MS = 50;
const READY_CHARS = 600;

interface Consumption {
  readonly admin: Admin;
  readonly topic: string;
  readonly group: string;
}

export interface Settled {
  /** What was not committed in time, a line a partition. */
  readonly stuck: readonly string[];
  /** Why the engine ended instead. */
  readonly end: string | null;
}

interface Open {
  readonly partition: number;
  readonly committed: number | null;
  readonly high: string;
}

type Ends = Awaited<ReturnType<Admin['fetchTopicOffsets']>>;

async function openPartitions({ admin, topic, group }: Consumption, ends: Ends): Promise<Open[]> {
  const [read] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const offsets = new Map(read?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  return ends
    .map(({ partition, high, low }) => ({ partition, high, low, committed: offsets.get(partition) ?? null }))
    .filter(({ high, low, committed }) => Number(high) > Number(low) && (committed ?? -1) < Number(high));
}

async function readiness(engine: EngineLife | null): Promise<string> {
  try {
    const response = await fetch(new URL('readyz', engine?.url));
    return `${response.status} ${(await response.text()).slice(0, READY_CHARS)}`;
  } catch (error) {
    return String(error);
  }
}

export async function untilCommitted(consumption: Consumption, engine: EngineLife | null): Promise<Settled> {
  const ends = await consumption.admin.fetchTopicOffsets(consumption.topic);
  for (const untilMs = performance.now() + SETTLE_MS_MAX; ; await sleep(POLL_MS)) {
    const open = await openPartitions(consumption, ends);
    const end = engine?.ended() ?? null;
    if (open.length === 0 || end !== null) return { stuck: [], end };
    if (performance.now() < untilMs) continue;
    const ready = await readiness(engine);
    const stuck = open.map(
      ({ partition, committed, high }) =>
        `partition ${partition}: ${committed ?? 'nothing'} of ${high} committed; /readyz ${ready}`,
    );
    return { stuck, end: null };
  }
}
