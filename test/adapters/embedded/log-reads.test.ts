// Reads of a stored log that wait for nothing else: timers and sockets have their turn between the chunks.
import { join } from 'node:path';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { LogArtifacts } from '../../../src/runtime/artifacts/log-artifacts.ts';

const CHUNKS = 160;
const CHUNK_BYTES = 524_288;

t.test('artifacts of 80 MiB are listed in many turns of the event loop', async (t) => {
  const path = join(t.testdir({}), 'log.db');
  const spec = { topic: 'artifacts', partitions: 1, compacted: true, retentionMs: -1 };
  const written = new EmbeddedLog({ path });
  await written.ensureTopics([spec]);
  const value = Buffer.alloc(CHUNK_BYTES, 7);
  for (let i = 0; i < CHUNKS; i += 1) {
    const key = Buffer.from(`${'a'.repeat(64)}/${i * CHUNK_BYTES}`);
    await written.publish('artifacts', [{ key, value, timestampMs: i }]);
  }
  await written.close();

  // Another process has none of it in memory.
  const log = new EmbeddedLog({ path });
  t.teardown(() => log.close());
  const quarantine = { add: (): void => undefined };
  const artifacts = new LogArtifacts({ log, spec, quarantine, nowMs: () => 0 });
  let turns = 0;
  let isListed = false;
  const turn = (): void => {
    turns += 1;
    if (!isListed) setImmediate(turn);
  };
  setImmediate(turn);
  const startedMs = performance.now();
  const [artifact] = await artifacts.list();
  const tookMs = performance.now() - startedMs;
  isListed = true;
  t.equal(artifact?.bytes, CHUNKS * CHUNK_BYTES);
  t.ok(turns >= 3, `${turns} turns in ${tookMs} ms`);
});
