// Rewrites the files of the embedded adapters (control path): SQLite leaves what is deleted in their free pages.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sqliteError } from '../../../adapters/embedded/sqlite.ts';
import { openAppTelemetry, openLog } from '../../compose/adapters.ts';
import type { Config } from '../../settings/config.ts';

const FILES = ['log.db', 'state.db', 'history.db'];

/** Nothing where servers are used. Call it when the adapters are closed. */
export async function rewriteFiles(config: Config): Promise<void> {
  // Opening the log compacts the topics of keys and erasures.
  if (config.brokers === null) await (await openLog(config, await openAppTelemetry(config))).close();
  for (const name of FILES) {
    const file = join(config.dataFolder, name);
    if (!existsSync(file)) continue;
    try {
      const db = new DatabaseSync(file);
      db.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
      db.close();
    } catch (error) {
      throw sqliteError(error, 'STORE', 'rewrite a file', file);
    }
  }
}
