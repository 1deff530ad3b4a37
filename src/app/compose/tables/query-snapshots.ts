// A table that a query of ClickHouse returns (control path).
import { connectServer } from '../../../adapters/clickhouse/server-database.ts';
import type { Database } from '../../../adapters/clickhouse/database.ts';
import { MillraceError } from '../../../core/errors.ts';
import { BATCH_ROWS_MAX } from '../../../core/event-limits.ts';
import type { EventRow } from '../../../ports/format.ts';
import type { QueryOrigin, Table } from '../../../ports/table.ts';
import type { Telemetry } from '../../../ports/telemetry.ts';
import type { RefusedRow, TableSnapshots } from '../../../runtime/tables/snapshot-table.ts';
import type { RowMapping } from '../../commands/load/row-mapping.ts';
import type { Config } from '../../settings/config.ts';
import { serverAccess } from '../credentials.ts';
import { objectMapping, tableRows } from './table-rows.ts';

/** @throws CONFIG_INVALID without a ClickHouse */
export function querySnapshots(
  { name, columns, rowsMax }: Table,
  { query, everyMs }: QueryOrigin,
  config: Config,
  telemetry: Telemetry,
): TableSnapshots {
  const { clickhouseUrl: url } = config;
  if (url === null) {
    throw new MillraceError('CONFIG_INVALID', 'a table is a query of ClickHouse, and there is none', {
      where: `table ${name}`,
      remedy: 'Set MILLRACE_CLICKHOUSE_URL.',
    });
  }
  const access = serverAccess(config, 'clickhouse', url, telemetry);
  const where = `query of table ${name}`;
  const mapping = objectMapping(where, columns);
  let database: Database | null = null;
  return {
    where,
    everyMs,
    async read(refused) {
      database ??= await connectServer(url, access);
      // One more than fits says that it does not.
      const found = await database.rows<object>(`SELECT * FROM (${query}\n) LIMIT ${rowsMax + 1}`, {});
      return blocksOf(found, mapping, refused);
    },
    close: async () => database?.close(),
  };
}

async function* blocksOf(
  found: readonly object[],
  mapping: RowMapping,
  refused: (row: RefusedRow) => void,
): AsyncGenerator<readonly EventRow[]> {
  for (let from = 0; from < found.length; from += BATCH_ROWS_MAX) {
    const block = found.slice(from, from + BATCH_ROWS_MAX);
    const rows = block.map((values, i) => ({ place: from + i + 1, values }));
    yield tableRows(rows, mapping, refused);
  }
}
