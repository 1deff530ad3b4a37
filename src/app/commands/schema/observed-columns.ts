// The columns that JSON records have (control path): what each path holds, and which type that makes.
import type { EpochUnit, ScalarTypeName } from '../../../core/columns.ts';
import { epochMsOf } from '../../../core/epoch-number.ts';
import { int64Of } from '../../../core/exact-values.ts';
import { instantOf } from '../../../core/instant.ts';
import { JSON_PATH_NAMES_MAX } from '../../../core/event-limits.ts';
import { SCHEMA_COLUMNS_MAX } from '../../../core/log-limits.ts';
import { MS_PER_DAY } from '../../../core/time.ts';

/** Whole numbers that are milliseconds of the years 2000 to 2099 are taken for instants, as are those that are recent ones in another unit. */
const INSTANT_MS_MIN = Date.UTC(2000, 0);
const INSTANT_MS_MAX = Date.UTC(2100, 0);
/** September 2001: from here on seconds have ten digits, and fewer counts are as large. */
const RECENT_MS_MIN = 1e12;
const RECENT_AHEAD_MS = 366 * MS_PER_DAY;
/** Names of ids, which may be as large, and of what is no time although it may be. */
const ID =
  /(?:^|[._])(?:\w*_)?(?:ids?|key|number|no|phone|account|amount|cents|count|bytes|size)$|[a-z]I[dD]s?$/;
/** In text, such numbers are instants if the name says so. */
const TIME =
  /(?:time|date|epoch|instant|created|updated|modified|expires|seen|when)|(?:^|[._])(?:ts|at|on|t)(?:$|[._])|(?:_(?:ts|at|on|ms|us|ns)|At|Ts)$/i;
const NUMERAL = /^-?\d+(?:\.\d+)?$/;

export interface InferredColumn {
  readonly name: string;
  /** Null if no column can hold what is there. */
  readonly type: ScalarTypeName | null;
  /** What the numbers of a timestamp count; null for milliseconds and text, and for other columns. */
  readonly unit: EpochUnit | null;
  readonly isNullable: boolean;
  /** Of a column of lists, whether their items may be null: the type is that of the items. Null for other columns. */
  readonly nullableItems: boolean | null;
  /** Why there is no column, or what is worth knowing about it; empty if nothing is. */
  readonly note: string;
}

type Unit = 's' | 'ms' | 'us' | 'ns';
const UNITS: readonly Unit[] = ['ms', 's', 'us', 'ns'];

/** What was found at a path, in how many records. */
interface Found {
  text: number;
  instant: number;
  boolean: number;
  whole: number;
  /** Numbers, and texts of numbers, that are instants in a unit. */
  readonly numerals: Record<Unit, { number: number; text: number }>;
  /** Of whole numbers: beyond 2^53, up to 64 bits. */
  wide: number;
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
  readonly #nowMs: number;
  /** Names that have a dot, and paths that are too long. */
  readonly #unreachable = new Set<string>();
  records = 0;
  /** Whether there were more columns than are kept. */
  isCut = false;

  /**
   * @param nowMs wall clock
   * @param inList whether the objects are items of a list: a list in them has no column
   */
  constructor(nowMs: number = Date.now(), inList = false) {
    this.#nowMs = nowMs;
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
      countInstant(found, inner, this.#nowMs);
      if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
        this.#addMembers(inner, `${name}.`, depth + 1);
      if (Array.isArray(inner) && !this.#inList) this.#addItems(name, inner);
    }
  }

  #addItems(name: string, list: readonly unknown[]): void {
    const known = this.#lists.get(name);
    const items = known ?? { values: noneFound(), objects: new ObservedColumns(this.#nowMs, true) };
    if (known === undefined) this.#lists.set(name, items);
    for (const item of list.slice(0, ITEMS_SEEN_MAX)) {
      items.values[kindOf(item)]++;
      countInstant(items.values, item, this.#nowMs);
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
      const note =
        "its name has a dot, or is too deep: no path leads there, but a map is read by 'NAME.keys()' and 'NAME.values()'";
      return { name, type: null, unit: null, isNullable: true, nullableItems: null, note };
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
      const { type, unit, note } = typeOf(name, values, present);
      return [
        { name, type, unit, isNullable, nullableItems: nulls, note: note && `a list, with items ${note}` },
      ];
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
    const { type, unit, note } = typeOf(name, found, present);
    return { name, type, unit, isNullable: present < this.records, nullableItems: null, note };
  }
}

function noneFound(): Found {
  return {
    text: 0,
    instant: 0,
    boolean: 0,
    whole: 0,
    numerals: {
      s: { number: 0, text: 0 },
      ms: { number: 0, text: 0 },
      us: { number: 0, text: 0 },
      ns: { number: 0, text: 0 },
    },
    wide: 0,
    fractional: 0,
    list: 0,
    emptyObject: 0,
    object: 0,
    nothing: 0,
  };
}

function kindOf(
  value: unknown,
): 'text' | 'boolean' | 'whole' | 'wide' | 'fractional' | 'list' | 'object' | 'emptyObject' | 'nothing' {
  if (value === null) return 'nothing';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'bigint') return int64Of(value) === null ? 'fractional' : 'wide';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'whole' : 'fractional';
  if (Array.isArray(value)) return 'list';
  return Object.keys(value as object).length === 0 ? 'emptyObject' : 'object'; // nothing else is left in JSON
}

function countInstant(found: Found, value: unknown, nowMs: number): void {
  const isText = typeof value === 'string';
  if (isText && !Number.isNaN(instantOf(value))) found.instant++;
  const isWide = typeof value === 'bigint';
  if (typeof value !== 'number' && !isWide && !(isText && NUMERAL.test(value))) return;
  for (const unit of UNITS) {
    const isWhole = isText || isWide || Number.isInteger(value);
    if (!isWhole && unit !== 's') continue;
    const ms = epochMsOf(value, unit);
    const [from, to] =
      unit === 'ms' ? [INSTANT_MS_MIN, INSTANT_MS_MAX] : [RECENT_MS_MIN, nowMs + RECENT_AHEAD_MS];
    if (ms >= from && ms < to) found.numerals[unit][isText ? 'text' : 'number']++;
  }
}

function scalars({ text, boolean, whole, wide, fractional }: Found): number {
  return text + boolean + whole + wide + fractional;
}

interface Inferred {
  readonly type: ScalarTypeName | null;
  readonly unit: EpochUnit | null;
  readonly note: string;
}

function typeOf(name: string, found: Found, present: number): Inferred {
  const { text, instant, boolean, whole, list, object, emptyObject } = found;
  const none = (note: string): Inferred => ({ type: null, unit: null, note });
  const some = (type: ScalarTypeName, unit: EpochUnit | null = null): Inferred => ({ type, unit, note: '' });
  if (list > 0) return none(present + object > 0 ? 'sometimes a list' : 'a list');
  if (object > 0) return none('sometimes an object');
  if (present === 0) return none(emptyObject > 0 ? 'an empty object' : 'always null');
  if (emptyObject > 0) return none('sometimes an empty object');
  const unit = unitOf(name, found, present);
  if (unit !== null) return some('timestamp', unit === 'ms' && found.numerals.ms.text === 0 ? null : unit);
  if (instant === present) return some('timestamp');
  if (text === present) return some('string');
  if (boolean === present) return some('boolean');
  if (whole === present) return some('long');
  if (whole + found.wide === present) return some('int64');
  if (text === 0 && boolean === 0) return some('double');
  return none('of several types');
}

/** The unit in which all values are instants, or are text that is one, some at least in numbers; null if there is none. */
function unitOf(name: string, { numerals, instant }: Found, present: number): Unit | null {
  const unit = UNITS.find((one) => {
    const { number, text } = numerals[one];
    return number + text > 0 && number + text + instant === present;
  });
  if (unit === undefined) return null;
  if (numerals[unit].text > 0 && !TIME.test(name)) return null;
  return unit !== 'ms' && ID.test(name) ? null : unit;
}
