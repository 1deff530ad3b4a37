// Buffers the rows of one table and sends them block by block (control path).
//
// Exactly once, with concurrent writers. The writer first queries which of a block's rows the table has: a restart
// replays them, and another engine may have written them. It inserts the missing rows source by source, each insert under
// a token that names its first row, and queries again until no row is missing. All engines write the same rows in the same
// order, so a token says "I have seen all rows before this one": if two engines have seen the same rows, the server
// accepts one insert and drops the other, whose engine then reads what is there and continues after it. A lost reply,
// two owners at once and a process that resumes after its partition moved all leave one of each row, as long as an insert
// is not delayed by more than DEDUPLICATION_WINDOW others.
import { MillraceError } from '../../core/errors.ts';
import { HISTORY_BLOCK_ROWS_MAX } from '../../core/history-limits.ts';
import { offsetOfPlace } from '../../core/place.ts';
import type { Database, InsertRows, QueryParams } from './database.ts';
import { RowBlock, rowId, type RowIds, type RowPart } from './row-block.ts';

/** Rounds of inserting and querying before a block fails for now. One is enough unless replies are lost. */
const SEND_ROUNDS_MAX = 8;

/** Dropped inserts of the same first row before it is sent under another token: its rows were deleted, and their token not. */
const VAIN_INSERTS_MAX = 3;

export interface TableSpec {
  readonly table: string;
  /** Columns of an INSERT, in the order of the rows' text. */
  readonly columns: readonly string[];
  readonly format: 'TabSeparated' | 'JSONEachRow';
  /** What RowIds are in SQL; null for a table that removes duplicates by itself. */
  readonly ids: {
    /** The column that the rows are ordered by: the integer part of `first`. */
    readonly offset: string;
    readonly first: string;
    readonly second: string | null;
  } | null;
}

export class TableWriter {
  readonly table: string;
  readonly #spec: TableSpec;
  readonly #database: Database;
  readonly #full: RowBlock[] = [];
  #open: RowBlock = new RowBlock();
  #closed = 0;
  #sent = 0;

  constructor(database: Database, spec: TableSpec) {
    this.#database = database;
    this.#spec = spec;
    this.table = spec.table;
  }

  /** Large rows count as several. */
  get bufferedRows(): number {
    return this.#full.reduce((sum, block) => sum + block.weight, this.#open.weight);
  }

  /** Number of blocks closed so far, and how many of them were sent. */
  get blocksClosed(): number {
    return this.#closed;
  }

  get blocksSent(): number {
    return this.#sent;
  }

  /** Whether a block waits for `sendNext`. */
  get isDue(): boolean {
    return this.#full.length > 0;
  }

  append(bytes: Buffer, rows: number): void {
    this.#open.append(bytes, rows);
    this.#closeFull();
  }

  appendPart(part: RowPart): void {
    if (part.ids.offsets.length === 0) return;
    this.#open.appendPart(part);
    this.#closeFull();
  }

  /** Makes all buffered rows due, however few they are. */
  closeOpen(): void {
    if (this.#open.rows === 0) return;
    this.#full.push(this.#open);
    this.#closed += 1;
    this.#open = new RowBlock();
  }

  /** Sends the oldest block, which stays buffered if that throws. Returns the number of rows written. */
  async sendNext(): Promise<number> {
    const block = this.#full[0];
    if (block === undefined) return 0;
    const { ids } = this.#spec;
    let rows = block.rows;
    if (ids === null) await this.#insert(block.token, block.parts);
    else rows = await this.#sendMissing(block, ids);
    this.#full.shift();
    this.#sent += 1;
    return rows;
  }

  async #insert(token: string, parts: readonly Buffer[]): Promise<void> {
    const { table, columns, format } = this.#spec;
    const settings: InsertRows['settings'] = {
      insert_deduplicate: 1,
      insert_deduplication_token: token,
      max_partitions_per_insert_block: '0', // rows of many months must not fail the others
    };
    await this.#database.insert({ table, columns, format, settings, parts });
  }

  /** Returns the number of rows that the table lacked. */
  async #sendMissing(block: RowBlock, ids: NonNullable<TableSpec['ids']>): Promise<number> {
    let missing = block.without(await this.#stored(block, ids));
    const rows = missing.reduce((sum, { rows: count }) => sum + count, 0);
    /** By token: inserts that changed nothing, since rows that an operator deleted leave their tokens behind. */
    const vain = new Map<string, number>();
    for (let round = 1; missing.length > 0; round++) {
      if (round > SEND_ROUNDS_MAX) {
        throw new MillraceError(
          'HISTORY_FAILED',
          `rows of ${this.#spec.table} are inserted and not found afterwards`,
          {
            where: missing[0]?.first ?? '',
            remedy: 'Look for a TTL or a mutation of the table that removes them.',
          },
        );
      }
      for (const { first, bytes } of missing) {
        const tries = vain.get(first) ?? 0;
        vain.set(first, tries + 1);
        await this.#insert(tries < VAIN_INSERTS_MAX ? first : `${first} ${tries}`, [bytes]);
      }
      missing = block.without(await this.#stored(block, ids));
    }
    return rows;
  }

  /** Ids of the rows in the table within the block's ranges; reads a few granules by the primary key. */
  async #stored(block: RowBlock, ids: NonNullable<TableSpec['ids']>): Promise<ReadonlySet<string>> {
    const { table } = this.#spec;
    const params: Record<string, unknown> = {};
    const ranges = block.ranges;
    const selects = ranges.map(({ source, min, max }, i) => {
      Object.assign(params, { [`topology${i}`]: source.topology, [`topic${i}`]: source.topic });
      Object.assign(params, { [`partition${i}`]: source.partition, [`min${i}`]: offsetOfPlace(min) });
      Object.assign(params, { [`max${i}`]: offsetOfPlace(max) });
      return (
        `SELECT ${i} AS source, ${ids.first} AS first, ${ids.second ?? 'toFloat64(0)'} AS second FROM ${table} ` +
        `WHERE topology = {topology${i}:String} AND topic = {topic${i}:String} AND partition = {partition${i}:UInt32} ` +
        `AND ${ids.offset} BETWEEN {min${i}:UInt64} AND {max${i}:UInt64}`
      );
    });
    type Held = { source: number; first: number; second: number };
    const rows = await this.#database.rows<Held>(selects.join(' UNION ALL '), params satisfies QueryParams);
    const stored = new Set<string>();
    for (const { source, first, second } of rows) {
      const range = ranges[source];
      if (range !== undefined) stored.add(rowId(range.source, first, ids.second === null ? null : second));
    }
    return stored;
  }

  #closeFull(): void {
    if (this.#open.weight >= HISTORY_BLOCK_ROWS_MAX) this.closeOpen();
  }
}

/** Copies offsets, as a caller may reuse its arrays. */
export function copyIds({ offsets, seconds, positions }: RowIds, count: number): RowIds {
  return {
    offsets: offsets.slice(0, count),
    seconds: seconds?.slice(0, count) ?? null,
    positions: positions?.slice(0, count) ?? null,
  };
}
