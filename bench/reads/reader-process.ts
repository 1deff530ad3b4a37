// Reads features of one key and of a hundred from the store in turn (control path), in a process of its own, as a service
// beside the engine does.
import { build } from 'hdr-histogram-js';
import { setTimeout as sleep } from 'node:timers/promises';
import { redisStateStores } from '../../src/adapters/redis/state-stores.ts';
import { featureServices } from '../../src/app/compose/feature-services.ts';
import { argument, tellParent } from '../child.ts';
import { distributionOf, type Distribution } from '../distribution.ts';
import { standardTopology } from '../jobs/standard.ts';

export interface ReaderRequest {
  readonly redisUrl: string;
  readonly seconds: number;
}

export interface ReaderAnswer {
  readonly kind: 'read';
  readonly one: Distribution;
  readonly hundred: Distribution;
  /** Of all features that were read, those that had a value. */
  readonly present: number;
}

const tell: (message: ReaderAnswer) => void = tellParent;

const KEYS = 1_000;
const MANY = 100;
const WARM_UP_READS = 2_000;
const PAUSE_MS = 1;
const MICROS_PER_MS = 1_000;

async function main(): Promise<void> {
  const { redisUrl, seconds } = argument() as ReaderRequest;
  const stores = redisStateStores({ url: redisUrl });
  const reader = featureServices(standardTopology('key'), stores);
  const histograms = { one: build(), hundred: build() };
  let next = 0;
  let features = 0;
  let present = 0;
  const read = async (count: number): Promise<number> => {
    const entities = Array.from({ length: count }, () => ({ key: `key-${(next = (next + 7) % KEYS)}` }));
    const startedMs = performance.now();
    const { results } = await reader.read({ service: 'key', entities });
    const ms = performance.now() - startedMs;
    for (const { statuses } of results) {
      features += statuses.length;
      present += statuses.filter((status) => status === 'present').length;
    }
    return ms;
  };
  for (let i = 0; i < WARM_UP_READS; i++) await read(i % 2 === 0 ? 1 : MANY);
  const endMs = performance.now() + seconds * 1_000;
  while (performance.now() < endMs) {
    histograms.one.recordValue((await read(1)) * MICROS_PER_MS);
    histograms.hundred.recordValue((await read(MANY)) * MICROS_PER_MS);
    await sleep(PAUSE_MS);
  }
  tell({
    kind: 'read',
    one: distributionOf(histograms.one),
    hundred: distributionOf(histograms.hundred),
    present: present / features,
  });
  await stores.close();
  process.exit(0);
}

await main();
