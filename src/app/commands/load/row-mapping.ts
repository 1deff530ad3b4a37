// The columns of a source from those of a file (control path): by name, or as --map says.
import { scalarType, type Columns } from '../../../core/columns.ts';
import { MillraceError } from '../../../core/errors.ts';
import { memberOf } from '../../../core/file-values.ts';
import { leadsIntoList, listPath, type ListPath } from '../../../core/list-path.ts';
import { isListKind, type Schema } from '../../../core/schema.ts';
import { nearest } from '../../../core/unknown-keys.ts';
import type { EventRow } from '../../../ports/format.ts';
import type { RowFile } from '../../../ports/row-file.ts';
import { CellFault, cellOf, type TargetColumn } from './cell.ts';
import { listCell } from './list-cell.ts';
import { valueThere, type Place } from './place.ts';
import { SeenColumns } from './seen-columns.ts';
import type { EpochUnit } from '../../../core/epoch-number.ts';

export interface Target {
  /** The columns that the source's format decodes. */
  readonly schema: Schema;
  /** As the topology declares them. */
  readonly columns: Columns | undefined;
  readonly eventTime: string;
  /** What numbers of timestamps count, whatever is declared; null: what is. */
  readonly unit: EpochUnit | null;
  /** Wall clock, ms, by which event times of another unit are refused; null: none are. */
  readonly nowMs: number | null;
  /** Name in the file by column of the source. */
  readonly names: ReadonlyMap<string, string>;
}

/** The names that a file may have for columns of the source, or for what contains them. */
export function fileColumns(columns: readonly string[], names: Target['names']): ReadonlySet<string> {
  const given = columns.map((column) => names.get(column) ?? column);
  const first = (name: string): string =>
    (leadsIntoList(name) ? listPath(name).outer[0] : name.split('.', 1)[0]) as string; // a name has one part at least
  return new Set(given.flatMap((name) => [name, first(name)]));
}

/** Characters other than the comma that files have between values. */
const DELIMITERS = [';', '\t', '|'];
const SHOWN_MAX = 80;

export class RowMapping {
  readonly #places: readonly Place[];
  /** Columns of the file that no column of the source takes; none if each row names its own. */
  readonly unused: readonly string[];
  /** Columns of the source that are null in every row, as far as the file has said it before its rows. */
  readonly absent: readonly string[];
  /** What else the rows have and have not: for those that read them to tell. */
  readonly seen: SeenColumns;

  /**
   * @param columns of a row's values
   * @param all the columns of the file, in its order
   * @throws DATA_INVALID if the file lacks a column that may not be null
   */
  constructor(file: string, columns: RowFile['columns'], target: Target, all: RowFile['columns'] = columns) {
    this.#places = targetColumns(target).map((column) => placeOf(column, columns, target));
    const lost = this.#places.filter(({ index }) => index === -1);
    const missing = lost.filter(({ column }) => !column.nullable || column.isEventTime);
    if (missing.length > 0) throw missingColumns(file, missing, all ?? []);
    this.absent = lost.map(({ column }) => column.name);
    const used = new Set(this.#places.map(({ index }) => columns?.[index ?? -1]));
    this.unused = (all ?? []).filter((name) => !used.has(name));
    const known = columns === null ? fileColumns(Object.keys(target.schema), target.names) : null;
    this.seen = new SeenColumns(this.#places.filter(isUncertain), known);
  }

  /** @throws CellFault for a value that its column cannot have */
  eventOf(values: readonly unknown[] | object): EventRow {
    const event: Record<string, EventRow[string]> = {};
    for (const place of this.#places) {
      const { column, list } = place;
      const value = valueAt(values, place);
      event[column.name] = list === null ? cellOf(value, column) : listCell(value, column, list);
    }
    return event;
  }
}

function valueAt(values: readonly unknown[] | object, place: Place): unknown {
  const { column, name, index, path } = place;
  const value = valueThere(values, place);
  if (index !== null || path.length < 2 || !Object.hasOwn(values, name)) return value;
  if (value === undefined) return memberOf(values, name);
  throw new CellFault(column.name, `it is there twice, as '${name}' and within a record: keep one of them`);
}

/** A dotted name is one key, or a path of keys. */
function placeOf(column: TargetColumn, columns: RowFile['columns'], { names, schema }: Target): Place {
  const name = names.get(column.name) ?? column.name;
  const isList = isListKind(schema[column.name]?.kind ?? 'number');
  const list = isList ? listPath(name) : null;
  const path = list?.outer ?? name.split('.');
  if (columns === null) return { column, name, index: null, path, list };
  const index = columns.indexOf(name);
  if (index >= 0) return { column, name, index, path: [], list: list === null ? null : WHOLE };
  return { column, name, index: columns.indexOf(path[0] as string), path: path.slice(1), list };
}

/** Whether only a row says if there is something. */
function isUncertain({ index, path, list }: Place): boolean {
  return index === null || (index >= 0 && (path.length > 0 || (list !== null && list.inner.length > 0)));
}

/** Of a column of the file that is the list itself. */
const WHOLE: Pick<ListPath, 'part' | 'inner'> = { part: 'items', inner: [] };

function targetColumns({ schema, columns, eventTime, unit, nowMs }: Target): TargetColumn[] {
  return Object.entries(schema).map(([name, spec]) => {
    const declared = columns !== undefined && Object.hasOwn(columns, name) ? columns[name] : undefined;
    const type = declared === undefined ? null : scalarType(declared);
    const { digits = 0, unit: own = 'ms' } = declared ?? {};
    return { ...spec, name, type, isEventTime: name === eventTime, digits, unit: unit ?? own, nowMs };
  });
}

function missingColumns(file: string, missing: readonly Place[], columns: readonly string[]): MillraceError {
  const [first, ...others] = columns;
  if (first === undefined)
    return new MillraceError(
      'DATA_INVALID',
      'the file is empty: a CSV file has the names of its columns first',
      {
        where: file,
        remedy: 'Give a file with rows, or the names by --columns.',
      },
    );
  const delimiter = others.length > 0 ? undefined : DELIMITERS.find((one) => first.includes(one));
  if (delimiter !== undefined)
    return new MillraceError('DATA_INVALID', `the file has one column, '${first.slice(0, SHOWN_MAX)}'`, {
      where: file,
      remedy: `Name the character between its values: --delimiter '${delimiter === '\t' ? '\\t' : delimiter}'.`,
    });
  const names = missing.map(({ column }) => column.name);
  const meant = names.map((name) => {
    const near = nearest(name, columns);
    return `--map ${near ?? 'NAME'}=${name}`;
  });
  return new MillraceError(
    'DATA_INVALID',
    `the file has no column for ${names.join(', ')}: its columns are ${columns.slice(0, 50).join(', ')}`,
    {
      where: file,
      remedy: `Name them, for example ${meant.join(' ')}, or make them nullable in the topology.`,
    },
  );
}
