// ClickHouse's engine in this process, by the optional package chdb (control path). Queries run on threads of
// chdb's own: this thread only hands over and takes back their bytes.
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { drainPending } from 'chdb';
import type { createChdbConnection } from 'chdb/connection';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { databaseOf, historyError, type Database } from './database.ts';

/** What is used of chdb. */
export interface Chdb {
  readonly createChdbConnection: typeof createChdbConnection;
  readonly drainPending: typeof drainPending;
}

/** How chdb is loaded; a parameter, so that a test can do without the package. */
export type ChdbLoader = () => Promise<Chdb>;

type ClientConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>;

async function importChdb(): Promise<Chdb> {
  const [connection, engine] = await Promise.all([import('chdb/connection'), import('chdb')]);
  return { createChdbConnection: connection.createChdbConnection, drainPending: engine.drainPending };
}

export type LoadedChdb =
  | { readonly loaded: Chdb }
  /** `isInstalled`: it is there, and does not load on this machine. */
  | { readonly loaded: null; readonly isInstalled: boolean; readonly why: string };

/** The optional package, if it is installed and loads. */
export async function loadChdb(load: ChdbLoader = importChdb): Promise<LoadedChdb> {
  try {
    return { loaded: await load() };
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    return { loaded: null, isInstalled: !isMissing, why: messageOf(error) };
  }
}

/**
 * Opens or creates a database in this folder: one a process, and one process a folder. Throws HISTORY_UNAVAILABLE
 * where the package is not installed, or the folder can't be had.
 */
export async function openChdb(path: string, load: ChdbLoader = importChdb): Promise<Database> {
  const chdb = await load().catch((cause: unknown) => {
    throw new MillraceError('HISTORY_UNAVAILABLE', 'the optional package chdb does not load', {
      remedy:
        'Run npm install chdb (Linux with glibc, or macOS), or set MILLRACE_CLICKHOUSE_URL to use a server.',
      cause,
    });
  });
  try {
    return databaseAt(chdb, path);
  } catch (cause) {
    throw new MillraceError('HISTORY_UNAVAILABLE', `chdb did not open its folder: ${messageOf(cause)}`, {
      where: path,
      remedy: 'Give a folder that this process may write to and that no other process has open.',
      cause,
    });
  }
}

function databaseAt(chdb: Chdb, path: string): Database {
  const connection = chdb.createChdbConnection({ path });
  // The two packages declare one interface, and differ in how they write an optional property of it.
  const client = createClient({
    connection: connection as unknown as ClientConnection,
    log: { level: ClickHouseLogLevel.OFF }, // its errors are thrown, and told by our own telemetry
  });
  return {
    ...databaseOf(client, path),
    // The client would make a string of the rows, three times over; chdb takes their bytes as they are.
    insert: async ({ table, columns, format, settings, parts }) => {
      try {
        const values = Buffer.concat(parts);
        await connection.chdb.rawInsert({ table, columns, format, settings: { ...settings }, values });
      } catch (error) {
        throw historyError(error, 'take a block', path);
      }
    },
    close: async () => {
      await client.close();
      await chdb.drainPending(); // until then the process could open no other folder
    },
  };
}
