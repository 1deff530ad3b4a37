// The event log contract on the embedded log, with a file and, for one client, in memory.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { eventLogContract } from '../../contracts/event-log.ts';

await eventLogContract(t, 'embedded, with a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
  return {
    quietMs: 50,
    open: async () => new EmbeddedLog({ path: join(folder, 'log.sqlite') }),
    stop: async () => rmSync(folder, { recursive: true }),
  };
});
