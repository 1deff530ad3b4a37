// Data folders and databases for tests of backfills, the commands that run there, and the state that they leave.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { SqliteStateStores } from '../../src/adapters/embedded/state-store.ts';
import type { Topology } from '../../src/index.ts';
import { millrace } from './cli.ts';
import { uniqueName } from './services.ts';

export interface World {
  readonly data: string;
  readonly database: string;
  readonly settings: Record<string, string>;
}

/**
 * A data folder with a database of its own.
 * @param server URL of ClickHouse
 * @param like what the data folder begins with
 */
export function openWorld(folder: string, name: string, server: string, like?: World): World {
  const data = join(folder, name);
  if (like !== undefined) cpSync(like.data, data, { recursive: true });
  const database = uniqueName('backfill');
  const settings = {
    MILLRACE_DATA: data,
    MILLRACE_SCHEMAS: join(import.meta.dirname, '../../schemas'),
    MILLRACE_CLICKHOUSE_URL: `${server}/${database}`,
    MILLRACE_PORT: '0',
  };
  return { data, database, settings };
}

/** @param msMax a run that is stopped would end with 0 before its end; 0 for no limit */
export async function succeeds(
  t: Test,
  words: readonly string[],
  { settings }: Pick<World, 'settings'>,
  msMax = 200_000,
): Promise<string> {
  const { code, stdout, stderr } = await millrace(words, settings, msMax);
  t.equal(code, 0, stderr);
  return stdout;
}

export async function refused(
  t: Test,
  words: readonly string[],
  { settings }: Pick<World, 'settings'>,
  why: RegExp,
): Promise<void> {
  const { code, stderr } = await millrace(words, settings);
  t.equal(code, 1);
  t.match(stderr, why);
}

/**
 * Everything that the state store has of a topology or a part, with the checkpoints. Their epochs count barriers, which the
 * clock places.
 * @param without stages whose state differs
 */
export async function stateOf(
  { data }: Pick<World, 'data'>,
  { name, source: { topic, partitions } }: Pick<Topology, 'name' | 'source'>,
  without: readonly string[] = [],
): Promise<unknown[]> {
  const stores = new SqliteStateStores({ path: join(data, 'state.db') });
  const found: unknown[] = [];
  try {
    for (let partition = 0; partition < partitions; partition++) {
      const place = { topic, partition };
      const checkpoint = await stores.open(name, place).restore(Number.MAX_SAFE_INTEGER);
      const blobs = [...(checkpoint?.stages ?? [])]
        .filter(([stage]) => !without.includes(stage))
        .map(([stage, state]) => `${stage} ${hexOf(state)}`);
      const keys = [...stores.dump(name, place)].map(({ state, served, ...put }) => {
        return { ...put, state: hexOf(state), served: served === null ? null : hexOf(served) };
      });
      found.push({ ...checkpoint, epoch: 0, stages: blobs.sort(), keys });
    }
    return found;
  } finally {
    await stores.close();
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
