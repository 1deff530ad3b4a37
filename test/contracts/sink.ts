// The offline store as a sink: it fulfils the contract of every after-commit sink.
import type { Test } from 'tap';
import type { History } from '../../src/ports/history.ts';
import { historySink } from '../../src/runtime/commit/history-sink.ts';
import { checkSink, type StoredPrediction } from '../../src/testing/index.ts';
import { fresh } from './history-rows.ts';

/** @param stored reads all predictions of a topology back */
export async function sinkContract(
  t: Test,
  name: string,
  history: History,
  stored: (topology: string) => readonly StoredPrediction[] | Promise<readonly StoredPrediction[]>,
): Promise<void> {
  await t.test(`${name}: as a sink`, async () => {
    const topology = fresh();
    await checkSink(historySink(history), { topology, folder: '', stored: () => stored(topology) });
  });
}

/** For ClickHouse's engine. */
export const STORED_PREDICTIONS = `
SELECT topic, partition, toFloat64(offset) AS offset, score FROM predictions
WHERE topology = {topology:String}`;
