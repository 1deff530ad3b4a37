// Opens the lookup tables of a topology (control path). The engine starts and closes them.
import type { Table } from '../../../ports/table.ts';
import { FetchedTable } from '../../../runtime/tables/fetched-table.ts';
import type { OpenedTable } from '../../../runtime/tables/opened-table.ts';
import { openTopicTable } from '../../../runtime/tables/open-topic-table.ts';
import { SnapshotTable } from '../../../runtime/tables/snapshot-table.ts';
import { TableStore } from '../../../runtime/tables/table-store.ts';
import { Tables } from '../../../runtime/tables/tables.ts';
import type { Topology } from '../../../topology/define.ts';
import { tablesOf, type UsedTable } from '../../../topology/tables-of.ts';
import type { Config } from '../../settings/config.ts';
import { formatOf, type Adapters } from '../adapters.ts';
import { fileSnapshots } from './file-snapshots.ts';
import { httpRows } from './http-rows.ts';
import { querySnapshots } from './query-snapshots.ts';

/** @throws CONFIG_INVALID for a query without a ClickHouse */
export function openTables(topology: Topology, adapters: Adapters, config: Config): Tables {
  return new Tables(tablesOf(topology).map((used) => openTable(used, topology, adapters, config)));
}

function openTable(
  { table, schema }: UsedTable,
  { name: topology }: Topology,
  { log, schemas, quarantines, telemetry }: Adapters,
  config: Config,
): OpenedTable {
  const store = new TableStore({ table, topology, schema, telemetry });
  const quarantine = quarantines.of(topology);
  const common = { topology, store, telemetry, quarantine, nowMs: Date.now };
  const { from } = table;
  switch (from.kind) {
    case 'topic':
      return openTopicTable({
        ...common,
        origin: from,
        log,
        openFormat: (source) => formatOf(source, schemas),
      });
    case 'http':
      return new FetchedTable({ ...common, origin: from, request: httpRows(table, from) });
    case 'file':
    case 'query':
    default:
      return new SnapshotTable({ ...common, snapshots: snapshotsOf(table, from, config, telemetry) });
  }
}

function snapshotsOf(
  table: Table,
  from: Extract<Table['from'], { kind: 'file' | 'query' }>,
  config: Config,
  telemetry: Adapters['telemetry'],
): ReturnType<typeof fileSnapshots> {
  return from.kind === 'file' ? fileSnapshots(table, from) : querySnapshots(table, from, config, telemetry);
}
