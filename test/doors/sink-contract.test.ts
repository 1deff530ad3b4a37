// A project checks its own sink against the contract.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import type { SinkDefinition } from 'millrace';
import { checkSink, type StoredPrediction } from 'millrace/testing';
import { sqliteSink } from './sqlite-sink.ts';

/** All rows of the table in a folder. */
function table(folder: string): StoredPrediction[] {
  const db = new DatabaseSync(join(folder, 'predictions.db'));
  const rows = db.prepare('SELECT topic, partition, offset, score FROM predictions ORDER BY offset').all();
  db.close();
  return rows as unknown as StoredPrediction[]; // the columns are those of the query
}

t.test('a sink that fulfils its contract', async (t) => {
  await checkSink(sqliteSink(), { folder: t.testdir(), stored: ({ folder }) => table(folder) });
  t.pass();
});

t.test('a sink that stores redelivered rows again, and one that stores no rows', async (t) => {
  const doubling: StoredPrediction[] = [];
  const forgetful: SinkDefinition = {
    name: 'forgetful',
    delivery: 'after-commit',
    open: () => ({
      predictions: ({ origin, offsets, scores }) => {
        for (const [i, offset] of offsets.entries())
          doubling.push({ ...origin, offset, score: scores[i] as number });
      },
      labels: () => undefined,
      flush: () => Promise.resolve(),
      bufferedRows: 0,
      close: () => Promise.resolve(),
    }),
  };
  await t.rejects(checkSink(forgetful, { folder: '', stored: () => doubling }), {
    message:
      'the sink breaks its contract: after rows were redelivered it stores the prediction of checked-0-3 twice',
  });
  await t.rejects(checkSink(forgetful, { folder: '', stored: () => [] }), {
    message: /after a flush it lacks the predictions of 0-0, 0-1/,
  });
});
