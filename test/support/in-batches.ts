// Rows through a driver in batches of any sizes.
import type { Row, TopologyDriver } from '../../src/testing/index.ts';

/** @param restarts whether the topology restarts from its state after each batch */
export async function sendInBatches(
  driver: TopologyDriver,
  rows: readonly Row[],
  sizes: readonly number[],
  restarts: boolean,
): Promise<void> {
  for (let at = 0, i = 0; at < rows.length; i++) {
    const size = sizes[i % sizes.length] as number;
    await driver.send(rows.slice(at, at + size));
    at += size;
    if (!restarts) continue;
    await driver.barrier();
    await driver.restart();
  }
}
