// The lookup tables of a driven topology (control path): their rows are those that the test puts.
import { MillraceError } from '../core/errors.ts';
import type { EventRow } from '../ports/format.ts';
import type { OpenTables, Table, TableReader } from '../ports/table.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { RowPutter } from '../runtime/tables/put-rows.ts';
import { TableStore } from '../runtime/tables/table-store.ts';
import type { Topology } from '../topology/definition.ts';
import { tablesOf } from '../topology/tables-of.ts';

/** A table of the topology, to fill. */
export class DriverTable {
  readonly #store: TableStore;
  readonly #putter: RowPutter;
  readonly #table: Table;

  constructor(store: TableStore) {
    this.#store = store;
    this.#table = store.table;
    this.#putter = new RowPutter(store.table);
  }

  /**
   * Puts rows.
   * @param fromMs from when on they count, event time; by default for every event, or from what the table's time column says
   * @throws DATA_INVALID for a row without a key or an instant
   */
  upsert(rows: EventRow | readonly EventRow[], fromMs: number = Number.NEGATIVE_INFINITY): void {
    const list = Array.isArray(rows) ? (rows as readonly EventRow[]) : [rows as EventRow]; // Array.isArray knows no readonly list
    this.#putter.put(this.#store.rows, list, this.#from(fromMs), (row, why) => {
      throw new MillraceError('DATA_INVALID', why, { where: `row ${row} for table ${this.#table.name}` });
    });
  }

  /** The key has no row from an instant on. */
  remove(key: string | number, fromMs: number = Number.NEGATIVE_INFINITY): void {
    const { rows } = this.#store;
    rows.remove(rows.slotOf(String(key)), this.#from(fromMs));
  }

  /** A table of current rows has one version of each. */
  #from(fromMs: number): number {
    return this.#table.current ? Number.NEGATIVE_INFINITY : fromMs;
  }

  reader(): TableReader {
    return this.#store.reader();
  }
}

export class DriverTables implements OpenTables {
  readonly #tables: ReadonlyMap<string, DriverTable>;

  constructor(topology: Topology, telemetry: Telemetry) {
    this.#tables = new Map(
      tablesOf(topology).map(({ table, schema }) => [
        table.name,
        new DriverTable(new TableStore({ table, topology: topology.name, schema, telemetry })),
      ]),
    );
  }

  /** @throws TOPOLOGY_INVALID for a table that no stage reads */
  named(name: string): DriverTable {
    const table = this.#tables.get(name);
    if (table !== undefined) return table;
    const names = [...this.#tables.keys()];
    throw new MillraceError('TOPOLOGY_INVALID', `no stage reads a table '${name}'`, {
      remedy: names.length === 0 ? 'Add a lookup stage.' : `There are ${names.join(', ')}.`,
    });
  }

  reader(name: string): TableReader {
    return this.named(name).reader();
  }

  caughtUp(): undefined {
    return undefined;
  }

  fetch(): undefined {
    return undefined;
  }
}
