/** Topologies with views of other keys on real Kafka, Redis and ClickHouse, for tests of backfills. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Topology } from '../../src/index.ts';
import { succeeds } from './backfill-world.ts';
import { entityTopology, PERSONAL_SETTINGS, type EntityKind } from './entity-backfill.ts';
import { registerModel } from './flights-backfill.ts';
import { uniqueName } from './services.ts';

export interface Prepared {
  readonly file: string;
  readonly name: string;
  readonly data: string;
  readonly topology: Topology;
  readonly settings: Readonly<Record<string, string>>;
}

export interface EntityServers {
  /** Gone when the test ends. */
  readonly folder: string;
  readonly database: string;
  /** A topology with a model, and a data folder of its own. Several may have the same stages and source. */
  readonly prepared: (kind: EntityKind, name: string, topic: string) => Promise<Prepared>;
  /** Another one for the source of `one`, with its first model as champion. Without a registry they share its file. */
  readonly beside: (t: Test, one: Prepared, kind: EntityKind, suffix: string) => Promise<Prepared>;
}

/** Of the servers of the tests, which each test file names itself: that is how a run of it knows what to start. */
interface Urls {
  readonly kafka: string;
  readonly redis: string;
  readonly clickhouse: string;
}

export function entityServers(t: Test, title: string, { kafka, redis, clickhouse }: Urls): EntityServers {
  const folder = mkdtempSync(join(tmpdir(), `millrace-${title}-`));
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const database = uniqueName('backfill');
  const servers = {
    ...PERSONAL_SETTINGS,
    MILLRACE_KAFKA_BROKERS: kafka,
    MILLRACE_REDIS_URL: redis,
    MILLRACE_CLICKHOUSE_URL: `${clickhouse}/${database}`,
    MILLRACE_PORT: '0',
  };
  const prepared = async (kind: EntityKind, name: string, topic: string): Promise<Prepared> => {
    const data = join(folder, name);
    const { file, topology } = await entityTopology(folder, kind, name, topic);
    await registerModel(topology, data);
    return { file, name, data, topology, settings: { ...servers, MILLRACE_DATA: data } };
  };
  return {
    folder,
    database,
    prepared,
    async beside(t, one, kind, suffix) {
      const { topic } = one.topology.source;
      const made = await prepared(kind, `${topic}-${suffix}`, topic);
      const registry = 'schema-registry.json';
      cpSync(join(one.data, registry), join(made.data, registry));
      await succeeds(t, ['models', 'promote', made.file, 'v1'], made);
      return made;
    },
  };
}
