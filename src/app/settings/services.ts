// Settings of the other services and of the folders (control path). Each export is one setting and one field of Config.
import { engineSetting, type Setting } from '../../core/setting.ts';

/** Null: state is kept by node:sqlite. */
export const redisUrl: Setting<string | null> = engineSetting('MILLRACE_REDIS_URL', {
  kind: 'url',
  protocols: ['redis', 'rediss', 'redis+cluster', 'rediss+cluster', 'redis+sentinel', 'rediss+sentinel'],
  hostLists: ['redis+cluster', 'rediss+cluster', 'redis+sentinel', 'rediss+sentinel'],
  description:
    '`redis://user:password@host:6379`; `redis+cluster://user:password@host1:7000,host2:7000` for Redis Cluster, with some of its nodes; `redis+sentinel://user:password@sentinel1:26379,sentinel2:26379/mymaster` for the primary that Sentinels name. Each with `rediss` instead of `redis` for TLS. Without it state is kept in SQLite.',
});

export const redisSentinelUsername: Setting<string | null> = engineSetting(
  'MILLRACE_REDIS_SENTINEL_USERNAME',
  {
    kind: 'text',
    description:
      'User at the Sentinels, if they have users: that of the URL is for Redis itself. It requires `MILLRACE_REDIS_SENTINEL_PASSWORD`.',
  },
);

export const redisSentinelPassword: Setting<string | null> = engineSetting(
  'MILLRACE_REDIS_SENTINEL_PASSWORD',
  {
    kind: 'text',
    secret: true,
    description: 'Password at the Sentinels, if they require one: that of the URL is for Redis itself.',
  },
);

/** Null: chdb keeps the history in the process if it is installed, else SQLite. */
export const clickhouseUrl: Setting<string | null> = engineSetting('MILLRACE_CLICKHOUSE_URL', {
  kind: 'url',
  protocols: ['http', 'https'],
  description:
    '`http://user:password@host:8123/database`. Without it chdb keeps the history in the process, if it is installed (`npm install chdb`), else SQLite: models are trained from either, but the tables and queries of [tables.md](tables.md) are those of ClickHouse.',
});

/** Null: a registry in the process, filled from the schema folder. */
export const registryUrl: Setting<string | null> = engineSetting('MILLRACE_SCHEMA_REGISTRY_URL', {
  kind: 'url',
  protocols: ['http', 'https'],
  description:
    'A Confluent-compatible registry; its client is installed with `npm install @confluentinc/schemaregistry`. Without it the schemas of `MILLRACE_SCHEMAS` are registered in the process, and their ids are kept in `schema-registry.json` of the data folder: processes that share a broker must share that file.',
});

export const registryUsername: Setting<string | null> = engineSetting('MILLRACE_SCHEMA_REGISTRY_USERNAME', {
  kind: 'text',
  description:
    'User, or API key, at the schema registry, instead of one in its URL. It requires `MILLRACE_SCHEMA_REGISTRY_PASSWORD`.',
});

export const registryPassword: Setting<string | null> = engineSetting('MILLRACE_SCHEMA_REGISTRY_PASSWORD', {
  kind: 'text',
  secret: true,
  description: 'Password, or secret of the API key, at the schema registry.',
});

/** Null: `schemas` in the project of the topology. */
export const schemaFolder: Setting<string | null> = engineSetting('MILLRACE_SCHEMAS', {
  kind: 'path',
  description:
    "Folder of the sources' schemas, `<topic>-value.avsc`. Without it `schemas` beside the package.json of the topology's project, else in the working folder.",
});

export const dataFolder: Setting<string> = engineSetting('MILLRACE_DATA', {
  kind: 'path',
  default: '.millrace',
  description: 'Folder of the embedded services, the model registry and the schema ids.',
});
