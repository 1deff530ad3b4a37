// The elected engine restarts after external failures for as long as it is elected, and not after an error of its own.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { Election } from '../../../src/runtime/boundaries/election.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';

const TOPIC = { topic: 'jobs', partitions: 1, compacted: false, retentionMs: -1 };

async function bed(failed: (error: Error) => void = unexpected): Promise<{
  log: EmbeddedLog;
  telemetry: FakeTelemetry;
  groupId: string;
  topic: string;
  failed: (error: Error) => void;
}> {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics([TOPIC]);
  return { log, telemetry: new FakeTelemetry(), groupId: 'electors', topic: TOPIC.topic, failed };
}

function unexpected(error: Error): void {
  throw error;
}

const unavailable = (): MillraceError => new MillraceError('LOG_UNAVAILABLE', 'away', { where: 'the test' });

void t.test('a term restarts after external failures, and then lasts', async (t) => {
  const parts = await bed();
  let terms = 0;
  const lasting = Promise.withResolvers<void>();
  const election = new Election({
    ...parts,
    async lead(_assignment, ends) {
      terms += 1;
      if (terms < 3) throw unavailable();
      lasting.resolve();
      await once(ends, 'abort');
    },
  });
  election.start();
  await lasting.promise;
  t.equal(terms, 3);
  await election.close();
  t.equal(terms, 3, 'it ends when the election closes');
  await parts.log.close();
});

void t.test('an error of its own ends the term, and is reported', async (t) => {
  const failed = Promise.withResolvers<Error>();
  const parts = await bed(failed.resolve);
  let terms = 0;
  const election = new Election({
    ...parts,
    async lead() {
      terms += 1;
      await delay(1);
      throw new Error('a bug');
    },
  });
  election.start();
  t.match(await failed.promise, { message: 'a bug' });
  await delay(300);
  t.equal(terms, 1);
  await election.close();
  await parts.log.close();
});

void t.test('an election that is closed does not restart', async (t) => {
  const parts = await bed();
  let terms = 0;
  const failed = Promise.withResolvers<void>();
  const election = new Election({
    ...parts,
    async lead() {
      terms += 1;
      failed.resolve();
      throw unavailable();
    },
  });
  election.start();
  await failed.promise;
  await election.close();
  const before = terms;
  await delay(300);
  t.equal(terms, before);
  await parts.log.close();
});
