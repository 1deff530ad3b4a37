// Settings of the other services and of the folders (control path). Each export is one setting and one field of Config.
import { engineSetting, type Setting } from '../../core/setting.ts';

/** Null: state is kept by node:sqlite. */
export const redisUrl: Setting<string | null> = engineSetting('MILLRACE_REDIS_URL', {
  kind: 'url',
  protocols: ['redis', 'rediss'],
  description:
    '`redis://user:password@host:6379`, or `rediss://` for TLS. Without it state is kept in SQLite.',
});

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
