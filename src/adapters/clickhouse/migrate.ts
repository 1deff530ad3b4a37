// Brings the tables up to date (control path). Many engines may run it at once: every statement is idempotent.
import type { Database } from './database.ts';
import { MIGRATIONS, SCHEMA_VERSIONS } from './schema.ts';

/** Applies the missing migrations; returns the version of the tables. */
export async function migrate(database: Database): Promise<number> {
  await database.command(SCHEMA_VERSIONS);
  const [row] = await database.rows<{ version: number }>(
    'SELECT max(version) AS version FROM millrace_schema',
    {},
  );
  let version = row?.version ?? 0;
  for (const migration of MIGRATIONS) {
    if (migration.version <= version) continue;
    for (const statement of migration.statements) await database.command(statement);
    await database.command(`INSERT INTO millrace_schema (version) VALUES (${migration.version})`);
    version = migration.version;
  }
  return version;
}
