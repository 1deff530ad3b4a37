// Prints the column tables of docs/tables.md as the database describes them: node tools/docs/tables.ts
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHistory, type ClickHouseHistory } from '../../src/adapters/clickhouse/history.ts';

interface ColumnRow {
  readonly table: string;
  readonly comment: string;
  readonly sorting_key: string;
  readonly partition_key: string;
  readonly name: string;
  readonly type: string;
  readonly column_comment: string;
}

const COLUMNS = `
SELECT t.name AS table, t.comment AS comment, t.sorting_key AS sorting_key, t.partition_key AS partition_key,
  c.name AS name, c.type AS type, c.comment AS column_comment
FROM system.tables AS t INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
WHERE t.database = currentDatabase() AND t.engine LIKE '%MergeTree' AND t.name != 'millrace_schema'
  AND c.default_kind != 'EPHEMERAL'
ORDER BY t.name, c.position`;

/** A Markdown section per table: its contents, order, partitions and columns. */
export async function columnTables(history: ClickHouseHistory): Promise<string> {
  const sections = new Map<string, string[]>();
  for (const row of await history.query<ColumnRow>(COLUMNS)) {
    let lines = sections.get(row.table);
    if (lines === undefined) {
      const partitions = row.partition_key === '' ? '' : `, partitions \`${row.partition_key}\``;
      lines = [`### ${row.table}`, '', `${row.comment}. Order \`${row.sorting_key}\`${partitions}.`, ''];
      lines.push('| column | type | meaning |', '| --- | --- | --- |');
      sections.set(row.table, lines);
    }
    lines.push(`| \`${row.name}\` | \`${row.type}\` | ${row.column_comment} |`);
  }
  return [...sections.values()].map((lines) => `${lines.join('\n')}\n`).join('\n');
}

if (import.meta.main) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-tables-'));
  const history = await openHistory({ url: null, path: join(folder, 'history') });
  process.stdout.write(await columnTables(history));
  await history.close();
  await rm(folder, { recursive: true });
}
