// A table that a query of ClickHouse returns (control path).
import { connectServer } from '../../../adapters/clickhouse/server-database.ts';
import type { Database } from '../../../adapters/clickhouse/database.ts';
import { messageOf, MillraceError } from '../../../core/errors.ts';
import { BATCH_ROWS_MAX } from '../../../core/limits.ts';
import type { EventRow } from '../../../ports/format.ts';
import type { QueryOrigin, Table } from '../../../ports/table.ts';
import type { Telemetry } from '../../../ports/telemetry.ts';
import type { RefusedRow, TableSnapshots } from '../../../runtime/tables/snapshot-table.ts';
import { CellFault } from '../../commands/load/cell.ts';
import type { Config } from '../../settings/config.ts';
import { serverAccess } from '../credentials.ts';
import { RowCells } from './row-cells.ts';

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
  const cells = new RowCells(columns);
  let database: Database | null = null;
  return {
    where: `query of table ${name}`,
    everyMs,
    async read(refused) {
      database ??= await connectServer(url, access);
      // One more than fits says that it does not.
      const found = await database.rows<object>(`SELECT * FROM (${query}\n) LIMIT ${rowsMax + 1}`, {});
      return blocksOf(found, cells, refused);
    },
    close: async () => database?.close(),
  };
}

async function* blocksOf(
  found: readonly object[],
  cells: RowCells,
  refused: (row: RefusedRow) => void,
): AsyncGenerator<readonly EventRow[]> {
  for (let from = 0; from < found.length; from += BATCH_ROWS_MAX) {
    const rows: EventRow[] = [];
    for (const [i, values] of found.slice(from, from + BATCH_ROWS_MAX).entries()) {
      try {
        rows.push(cells.of(values));
      } catch (error) {
        if (!(error instanceof CellFault)) throw error;
        refused({ place: from + i + 1, why: `'${error.column}': ${messageOf(error)}` });
      }
    }
    yield rows;
  }
}
