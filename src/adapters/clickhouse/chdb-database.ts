// ClickHouse's engine in this process, by the optional package chdb (control path). Queries run on chdb's own threads:
// this thread only passes bytes to them and back.
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { drainPending } from 'chdb';
import type { createChdbConnection } from 'chdb/connection';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { isMissingPackage } from '../shared/optional-package.ts';
import { databaseOf, historyError, type Database } from './database.ts';

/** The part of chdb that is used. */
export interface Chdb {
  readonly createChdbConnection: typeof createChdbConnection;
  readonly drainPending: typeof drainPending;
}

/** Loads chdb; a parameter, so that a test can run without the package. */
export type ChdbLoader = () => Promise<Chdb>;

type ClientConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>;

async function importChdb(): Promise<Chdb> {
  const [connection, engine] = await Promise.all([import('chdb/connection'), import('chdb')]);
  return { createChdbConnection: connection.createChdbConnection, drainPending: engine.drainPending };
}

export type LoadedChdb =
  | { readonly loaded: Chdb }
  /** `isInstalled`: the package is there, but does not load on this machine. */
  | { readonly loaded: null; readonly isInstalled: boolean; readonly why: string };

/** The optional package, if it is installed and loads. */
export async function loadChdb(load: ChdbLoader = importChdb): Promise<LoadedChdb> {
  try {
    return { loaded: await load() };
  } catch (error) {
    return { loaded: null, isInstalled: !isMissingPackage(error), why: messageOf(error) };
  }
}

/**
 * Opens or creates a database in this folder: one per process, and one process per folder. Throws HISTORY_UNAVAILABLE
 * if the package is not installed or the folder cannot be opened.
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
  // The two packages declare the same interface, and differ in how they write an optional property.
  const client = createClient({
    connection: connection as unknown as ClientConnection,
    log: { level: ClickHouseLogLevel.OFF }, // its errors are thrown, and logged by Millrace's telemetry
  });
  return {
    ...databaseOf(client, path),
    // The client would convert the rows to a string three times; chdb accepts their bytes.
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
      await chdb.drainPending(); // until then the process cannot open another folder
    },
  };
}
