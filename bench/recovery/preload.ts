// State of many keys, written as an engine's epochs would have left it (control path).
import { partitionOf } from '../../src/core/murmur2.ts';
import { emptyDelta } from '../../src/core/state-delta.ts';
import type { StateStores } from '../../src/ports/state-store.ts';
import { keyOf, PARTITIONS, recoveryTopology, seenOnce, START_MS } from './job.ts';

/** Keys of one commit. */
const COMMIT_KEYS = 10_000;

export async function preload(stores: StateStores, keys: number): Promise<void> {
  const { blob, stateKey, ttlMs } = seenOnce();
  const served = new Uint8Array(Float32Array.of(1).buffer);
  const { topic } = recoveryTopology.source;
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const store = stores.open(recoveryTopology.name, { topic, partition });
    await store.restore(0);
    let delta = emptyDelta();
    let epoch = 0;
    const commit = async (): Promise<void> => {
      const at = { epoch: epoch++, offsetNext: 0, watermarkMs: START_MS, modelVersion: 'bench' };
      await store.commit(at, delta);
      delta = emptyDelta();
    };
    for (let i = 0; i < keys; i++) {
      const key = keyOf(i);
      if (partitionOf(Buffer.from(key), PARTITIONS) !== partition) continue;
      delta.puts.push({ key: stateKey(key), state: blob, served, eventTimeMs: START_MS, ttlMs });
      if (delta.puts.length === COMMIT_KEYS) await commit();
    }
    await commit();
  }
}
