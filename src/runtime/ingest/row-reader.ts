// Checks an event that came as JSON against the columns of a source (control path, some hundred nanoseconds a row): one
// reader for all rows of a source.
import { listPath, type ListPath } from '../../core/list-path.ts';
import { listIn } from '../../core/list-values.ts';
import { isListKind } from '../../core/schema.ts';
import type { Columns } from '../../core/columns.ts';
import { EVENT_AHEAD_MS_MAX } from '../../core/event-limits.ts';
import { NAME_LENGTH_MAX } from '../../core/topology-limits.ts';
import type { ColumnSpec, Schema } from '../../core/schema.ts';
import { likelyUnit, unitName, type EpochUnit } from '../../core/epoch-number.ts';
import { formatDuration, isEventTime } from '../../core/time.ts';
import { suggestion } from '../../core/unknown-keys.ts';
import type { EventRow } from '../../ports/format.ts';
import { type Reason, type ValueCheck, valueCheck } from './value-check.ts';

export interface RowReaderOptions {
  /** Columns of the decoder. */
  readonly schema: Schema;
  /** The columns that the topology declares; null if they come from a schema file. */
  readonly declared: Columns | null;
  readonly eventTime: string;
  /** Wall clock, ms. */
  readonly nowMs: () => number;
}

interface Column {
  readonly name: string;
  readonly nullable: boolean;
  /** Whether a missing value is a fault: a schema file may have a default. */
  readonly required: boolean;
  readonly check: ValueCheck;
}

/** A column of lists, with its path. */
interface ListColumn extends ListPath {
  readonly name: string;
}

type Value = EventRow[string];

/** Why an event time is refused that is a recent one in another unit. */
function otherUnit(unit: EpochUnit, declared: EpochUnit): string {
  const type = unit === 'ms' ? 'timestamp' : `timestampIn('${unit}')`;
  return `it seems to count ${unitName(unit)}, not ${unitName(declared)}, since 1970: declare the column as ${type}, or write it as 2026-05-01T12:00:00Z`;
}

/** JSON has one member of a name, but `after.x` may be one beside an `after` with an `x`. */
const TWICE = 'it is there twice, by its dotted name and within a record or list: send one of them';

export class RowReader {
  readonly #columns: readonly Column[];
  readonly #byName: ReadonlyMap<string, Column>;
  /** Names of nested records and lists: `after` of `after.amount`. */
  readonly #records = new Set<string>();
  /** By the name of a list or map: the columns of lists that have something of it. */
  readonly #lists: ReadonlyMap<string, readonly ListColumn[]>;
  readonly #eventTime: string;
  readonly #unit: EpochUnit;
  readonly #nowMs: () => number;
  #column: string | null = null;
  #reason: Reason = '';

  constructor({ schema, declared, eventTime, nowMs }: RowReaderOptions) {
    this.#columns = Object.entries(schema).map(([name, spec]) =>
      columnOf(name, spec, declared, name === eventTime),
    );
    this.#byName = new Map(this.#columns.map((column) => [column.name, column]));
    const lists = Object.entries(schema)
      .filter(([, { kind }]) => isListKind(kind))
      .map(([name]): ListColumn => ({ name, ...listPath(name) }));
    this.#lists = Map.groupBy(lists, ({ outer }) => outer.join('.'));
    const paths = [
      ...this.#columns.filter(({ name }) => !lists.some((list) => list.name === name)),
      ...lists.map(({ outer }) => ({ name: outer.join('.') })),
    ];
    for (const { name } of paths)
      for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1))
        this.#records.add(name.slice(0, at));
    this.#eventTime = eventTime;
    this.#unit = declared?.[eventTime]?.unit ?? 'ms';
    this.#nowMs = nowMs;
  }

  /** The column with the fault of the last row that was refused; null if the fault is the row's. */
  get column(): string | null {
    return this.#column;
  }

  /** Why the last row was refused. */
  get reason(): string {
    return typeof this.#reason === 'string' ? this.#reason : this.#reason();
  }

  /**
   * The event, with instants in milliseconds; null if there is a fault.
   * @param value as JSON.parse returns it, or with bigints; records may be nested, or have dotted names
   * @param time the event time of an event that has none
   */
  read(value: unknown, time?: string): EventRow | null {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.#refuse(null, 'it is no JSON object');
    // Without a prototype: a column may be called like a method.
    const row = Object.create(null) as Record<string, Value>;
    if (!this.#take(value, '', row)) return null;
    if (time !== undefined) row[this.#eventTime] ??= time;
    const eventTime: unknown = row[this.#eventTime];
    if (typeof eventTime === 'number' || typeof eventTime === 'bigint') {
      const unit = likelyUnit(eventTime, this.#unit, this.#nowMs());
      if (unit !== null) return this.#refuse(this.#eventTime, otherUnit(unit, this.#unit));
    }
    for (const { name, nullable, required, check } of this.#columns) {
      const given = row[name];
      if (given === undefined) {
        if (required) return this.#refuse(name, 'it is missing');
      } else if (given === null) {
        if (!nullable) return this.#refuse(name, 'it is null');
      } else {
        const problem = check(given, row, name);
        if (problem !== null) return this.#refuse(name, problem);
      }
    }
    return this.#isTimely(row) ? row : null;
  }

  /**
   * Copies the fields of a record that are columns.
   * @param isItem whether it is in a list, of which columns may have a part
   */
  #take(record: object, prefix: string, row: Record<string, Value>, isItem = false): boolean {
    for (const [field, value] of Object.entries(record)) {
      const name = prefix + field;
      if (this.#byName.has(name)) {
        if (!this.#set(name, value, row)) return false;
      } else if (this.#lists.has(name) && !this.#takeLists(name, value, row)) {
        return false;
      } else if (!this.#records.has(name)) {
        if (isItem || this.#lists.has(name)) continue;
        const unknown = name.slice(0, NAME_LENGTH_MAX);
        this.#refuse(
          unknown,
          () => `there is no such column${suggestion(unknown, [...this.#byName.keys()])}`,
        );
        return false;
      } else if (Array.isArray(value)) {
        if (!this.#takeItems(value, `${name}.`, row)) return false;
      } else if (typeof value === 'object' && value !== null) {
        if (!this.#take(value, `${name}.`, row, isItem)) return false;
      } else if (value !== null) {
        this.#refuse(name, 'it is no object');
        return false;
      }
    }
    return true;
  }

  /** A value of another type is refused by its check. False for a column that the row has already. */
  #set(name: string, value: unknown, row: Record<string, Value>): boolean {
    if (name in row) {
      this.#refuse(name, TWICE);
      return false;
    }
    row[name] = value as Value;
    return true;
  }

  /** Copies the lists that columns have of a list or a map. */
  #takeLists(name: string, value: unknown, row: Record<string, Value>): boolean {
    for (const column of this.#lists.get(name) ?? []) {
      const list = listIn(value, column);
      if (list === undefined) {
        this.#refuse(column.name, column.part === 'items' ? 'it is no list' : 'it is no object');
        return false;
      }
      if (!this.#set(column.name, list, row)) return false; // what its items are, their check says
    }
    return true;
  }

  /** Copies what columns have of a list: the length, and items by position; the others are left out. */
  #takeItems(list: readonly unknown[], prefix: string, row: Record<string, Value>): boolean {
    const length = `${prefix}length`;
    if (this.#byName.has(length) && !this.#set(length, list.length, row)) return false;
    for (const [position, value] of list.entries()) {
      const name = prefix + position;
      const isPath = this.#records.has(name) && typeof value === 'object' && value !== null;
      if (this.#byName.has(name)) {
        if (!this.#set(name, value, row)) return false;
      } else if (isPath && !this.#take({ [position]: value }, prefix, row, true)) return false;
    }
    return true;
  }

  /** What is no instant, or ahead of the clock, would be a dead letter. */
  #isTimely(row: EventRow): boolean {
    const timeMs = row[this.#eventTime];
    if (typeof timeMs !== 'number') return true; // null, or the default of the schema
    if (!isEventTime(timeMs)) {
      this.#refuse(
        this.#eventTime,
        `it is no time between 1900 and 2300, in ${unitName(this.#unit)} since 1970`,
      );
      return false;
    }
    if (timeMs - this.#nowMs() <= EVENT_AHEAD_MS_MAX) return true;
    this.#refuse(this.#eventTime, `it is more than ${formatDuration(EVENT_AHEAD_MS_MAX)} ahead of the clock`);
    return false;
  }

  #refuse(column: string | null, reason: Reason): null {
    this.#column = column;
    this.#reason = reason;
    return null;
  }
}

function columnOf(name: string, spec: ColumnSpec, declared: Columns | null, isEventTime: boolean): Column {
  return {
    name,
    nullable: spec.nullable,
    required: declared !== null && !spec.nullable,
    check: valueCheck(spec, declared?.[name] ?? null, isEventTime),
  };
}
