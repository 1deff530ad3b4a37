// The columns that JSON records have (control path): what each path holds, and which type that makes.
import type { ScalarTypeName } from '../../../core/columns.ts';
import { instantOf } from '../../../core/instant.ts';
import { JSON_PATH_NAMES_MAX, SCHEMA_COLUMNS_MAX } from '../../../core/limits.ts';

/** Whole numbers that are milliseconds since 1970 of the years 2000 to 2099 are taken for instants. */
const INSTANT_MS_MIN = Date.UTC(2000, 0);
const INSTANT_MS_MAX = Date.UTC(2100, 0);

export interface InferredColumn {
  readonly name: string;
  /** Null if no column can hold what is there. */
  readonly type: ScalarTypeName | null;
  readonly isNullable: boolean;
  /** Of a column of lists, whether their items may be null: the type is that of the items. Null for other columns. */
  readonly nullableItems: boolean | null;
  /** Why there is no column, or what is worth knowing about it; empty if nothing is. */
  readonly note: string;
}

/** What was found at a path, in how many records. */
interface Found {
  text: number;
  instant: number;
  boolean: number;
  whole: number;
  wholeInstant: number;
  /** Of numbers: with a fraction, or too large for an integer. */
  fractional: number;
  list: number;
  emptyObject: number;
  /** Objects with members, whose columns are their own. */
  object: number;
  nothing: number;
}

/** What was found in the lists at a path. */
interface FoundItems {
  /** Of items that are values. */
  readonly values: Found;
  /** Of items that are objects. */
  readonly objects: ObservedColumns;
}

/** Items of a list that are looked at. */
const ITEMS_SEEN_MAX = 1_000;

export class ObservedColumns {
  readonly #found = new Map<string, Found>();
  readonly #lists = new Map<string, FoundItems>();
  readonly #inList: boolean;
  /** Names that have a dot, and paths that are too long. */
  readonly #unreachable = new Set<string>();
  records = 0;
  /** Whether there were more columns than are kept. */
  isCut = false;

  /** @param inList whether the objects are items of a list: a list in them has no column */
  constructor(inList = false) {
    this.#inList = inList;
  }

  /** @param record an object of JSON */
  add(record: object): void {
    this.records++;
    this.#addMembers(record, '', 1);
  }

  #addMembers(value: object, prefix: string, depth: number): void {
    for (const [member, inner] of Object.entries(value) as Array<[string, unknown]>) {
      const name = prefix + member;
      const isReachable = !member.includes('.') && member.isWellFormed() && depth <= JSON_PATH_NAMES_MAX;
      if (!isReachable) {
        if (this.#unreachable.size < SCHEMA_COLUMNS_MAX) this.#unreachable.add(name);
        continue;
      }
      const found = this.#at(name);
      if (found === null) continue;
      found[kindOf(inner)]++;
      if (isInstant(inner)) found[typeof inner === 'string' ? 'instant' : 'wholeInstant']++;
      if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
        this.#addMembers(inner, `${name}.`, depth + 1);
      if (Array.isArray(inner) && !this.#inList) this.#addItems(name, inner);
    }
  }

  #addItems(name: string, list: readonly unknown[]): void {
    const known = this.#lists.get(name);
    const items = known ?? { values: noneFound(), objects: new ObservedColumns(true) };
    if (known === undefined) this.#lists.set(name, items);
    for (const item of list.slice(0, ITEMS_SEEN_MAX)) {
      items.values[kindOf(item)]++;
      if (isInstant(item)) items.values[typeof item === 'string' ? 'instant' : 'wholeInstant']++;
      if (typeof item === 'object' && item !== null && !Array.isArray(item)) items.objects.add(item);
    }
  }

  #at(name: string): Found | null {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    if (this.#found.size >= SCHEMA_COLUMNS_MAX) {
      this.isCut = true;
      return null;
    }
    const none = noneFound();
    this.#found.set(name, none);
    return none;
  }

  /** In the order in which they were first met. */
  columns(): InferredColumn[] {
    const reachable = [...this.#found].flatMap(([name, found]) => {
      // An object that is always one, or null, has columns in it and is none itself.
      const isRecord = found.object > 0 && scalars(found) === 0 && found.list === 0;
      if (isRecord) return [];
      return this.#listColumns(name, found) ?? [this.#column(name, found)];
    });
    const unreachable = [...this.#unreachable].map((name): InferredColumn => {
      const note = 'its name has a dot, or is too deep: no path leads there';
      return { name, type: null, isNullable: true, nullableItems: null, note };
    });
    return [...reachable, ...unreachable];
  }

  /** The columns of what is always a list, or null, with items of one kind; null for anything else. */
  #listColumns(name: string, found: Found): InferredColumn[] | null {
    const items = this.#lists.get(name);
    const isList = found.list > 0 && scalars(found) + found.object + found.emptyObject === 0;
    if (items === undefined || !isList) return null;
    const { values, objects } = items;
    const isNullable = found.list < this.records;
    const present = scalars(values);
    const nulls = values.nothing > 0;
    if (objects.records === 0 && values.list === 0 && present > 0) {
      const [type, note] = typeOf(values, present);
      return [{ name, type, isNullable, nullableItems: nulls, note: note && `a list, with items ${note}` }];
    }
    if (present > 0 || values.list > 0 || objects.records === 0) return null;
    const inner = objects.columns().filter(({ type }) => type !== null);
    return inner.length === 0
      ? null
      : inner.map((column) => ({
          ...column,
          name: `${name}[].${column.name}`,
          isNullable,
          nullableItems: column.isNullable || nulls,
        }));
  }

  #column(name: string, found: Found): InferredColumn {
    const present = scalars(found);
    const [type, note] = typeOf(found, present);
    return { name, type, isNullable: present < this.records, nullableItems: null, note };
  }
}

function noneFound(): Found {
  return {
    text: 0,
    instant: 0,
    boolean: 0,
    whole: 0,
    wholeInstant: 0,
    fractional: 0,
    list: 0,
    emptyObject: 0,
    object: 0,
    nothing: 0,
  };
}

function kindOf(
  value: unknown,
): 'text' | 'boolean' | 'whole' | 'fractional' | 'list' | 'object' | 'emptyObject' | 'nothing' {
  if (value === null) return 'nothing';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'whole' : 'fractional';
  if (Array.isArray(value)) return 'list';
  return Object.keys(value as object).length === 0 ? 'emptyObject' : 'object'; // nothing else is left in JSON
}

function isInstant(value: unknown): boolean {
  if (typeof value === 'number')
    return value >= INSTANT_MS_MIN && value < INSTANT_MS_MAX && Number.isInteger(value);
  return typeof value === 'string' && !Number.isNaN(instantOf(value));
}

function scalars({ text, boolean, whole, fractional }: Found): number {
  return text + boolean + whole + fractional;
}

function typeOf(found: Found, present: number): [type: ScalarTypeName | null, note: string] {
  const { text, instant, boolean, whole, wholeInstant, list, object, emptyObject } = found;
  if (list > 0) return [null, present + object > 0 ? 'sometimes a list' : 'a list'];
  if (object > 0) return [null, 'sometimes an object'];
  if (present === 0) return [null, emptyObject > 0 ? 'an empty object' : 'always null'];
  if (emptyObject > 0) return [null, 'sometimes an empty object'];
  if (instant + wholeInstant === present) return ['timestamp', ''];
  if (text === present) return ['string', ''];
  if (boolean === present) return ['boolean', ''];
  if (whole === present) return ['long', ''];
  if (text === 0 && boolean === 0) return ['double', ''];
  return [null, 'of several types'];
}
