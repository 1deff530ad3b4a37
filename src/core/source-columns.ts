// The columns of a source (control path): what batches of one partition have in common.
import { ByteDictionary } from './byte-dictionary.ts';
import { Dictionary } from './dictionary.ts';
import { invariant } from './errors.ts';
import { DICTIONARY_IDS_SIZE_MAX, DICTIONARY_SIZE_MAX } from './event-limits.ts';
import { listGroups, type ListGroup } from './list-path.ts';
import { itemKind, type Schema } from './schema.ts';

const NO_COLUMN = -1;

export interface ListPlace {
  /** Its position in `lists`. */
  readonly group: number;
  /** The column's position in that group. */
  readonly position: number;
}

/** The columns of a source in one partition, with their dictionaries, which batches share until they are full. */
export class SourceColumns {
  readonly names: readonly string[];
  /** By column. */
  readonly isNumber: readonly boolean[];
  readonly numberCount: number;
  /** Columns of codes. */
  readonly codeCount: number;
  /** -1 for none. */
  readonly eventTime: number;
  readonly allowedAheadMs: number;
  readonly lists: readonly ListGroup[];
  /** By column: where among `lists` its lists are; null if it holds none. */
  readonly listPlaces: ReadonlyArray<ListPlace | null>;
  /** By column, or by that of the lists' values; null for numbers and enums. */
  readonly strings: Array<ByteDictionary | null>;
  /** By column, or by that of the lists' values; null for all but enums. Codes are the positions of the symbols. */
  readonly enums: ReadonlyArray<Dictionary | null>;

  /**
   * @param eventTime name of the number column that holds event time; null for records without one: they have the time 0
   * @param allowedAheadMs how far an event time may be ahead of its record's timestamp
   */
  constructor(schema: Schema, eventTime: string | null, allowedAheadMs: number = Number.POSITIVE_INFINITY) {
    const specs = Object.values(schema);
    this.names = Object.keys(schema);
    this.isNumber = specs.map(({ kind }) => kind === 'number');
    this.numberCount = this.isNumber.filter(Boolean).length;
    this.codeCount = specs.filter(({ kind }) => kind === 'string').length;
    this.eventTime = eventTime === null ? NO_COLUMN : this.names.indexOf(eventTime);
    this.allowedAheadMs = allowedAheadMs;
    invariant(eventTime === null || this.isNumber[this.eventTime] === true, 'event time is a number column');
    this.lists = listGroups(schema);
    const places = this.lists.flatMap(({ columns }, group) =>
      columns.map((column, position) => [column, { group, position }] as const),
    );
    const byColumn = new Map<number, ListPlace>(places);
    this.listPlaces = specs.map((_, column) => byColumn.get(column) ?? null);
    this.strings = specs.map(({ kind, symbols }) =>
      itemKind(kind) === 'string' && symbols === undefined ? new ByteDictionary() : null,
    );
    this.enums = specs.map(({ symbols }) => (symbols === undefined ? null : dictionaryOf(symbols)));
  }

  /** Replaces full dictionaries. Called before a batch of `rows`, as all codes of a batch share a dictionary. */
  renew(rows: number): void {
    for (let i = 0; i < this.strings.length; i++) {
      let strings = this.strings[i] ?? null;
      if (strings === null) continue;
      if (isFull(strings)) this.strings[i] = strings = new ByteDictionary(strings.size);
      if (this.listPlaces[i] === null) strings.rows += rows;
    }
  }
}

function dictionaryOf(symbols: readonly string[]): Dictionary {
  const dictionary = new Dictionary();
  for (const symbol of symbols) dictionary.encode(symbol);
  return dictionary;
}

/** A column of ever-new ids gains nothing from old ones, and a small dictionary stays in the processor's cache. */
function isFull({ size, rows }: ByteDictionary): boolean {
  return size >= DICTIONARY_SIZE_MAX || (size >= DICTIONARY_IDS_SIZE_MAX && size * 2 > rows);
}
