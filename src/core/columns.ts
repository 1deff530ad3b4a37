// Columns of an event, declared in TypeScript (control path), and which of them a part of a topology reads. What is
// read is written as 'amount: number', at run time and as a literal type, so that one rule checks both.

/** A type with `?` may be null. */
export type ColumnTypeName = RequiredTypeName | `${RequiredTypeName}?`;
export type RequiredTypeName = ScalarTypeName | ListTypeName;
/** A list of values of a type, `list(double)`; with `?` behind it, the values may be null. */
export type ListTypeName = `list(${ScalarTypeName})` | `list(${ScalarTypeName}?)`;
export type ScalarTypeName =
  | 'string'
  | 'enum'
  | 'double'
  | 'float'
  | 'int'
  | 'long'
  | 'boolean'
  | 'timestamp'
  | 'int64'
  | 'bytes'
  | 'decimal'
  | 'scaled';

/** A column's type; `ColumnType<'string?'>` is a string that may be null. */
export interface ColumnType<T extends ColumnTypeName = ColumnTypeName> {
  readonly type: T;
  /** The symbols of an enum, in the order of their codes; of a list, those of its values. */
  readonly symbols?: readonly string[];
  /** Of a scaled number, or a list of such: the digits behind the point. */
  readonly digits?: number;
  /** Of a timestamp, or a list of such: what its numbers count since 1970. Left out: milliseconds, or what the format says. */
  readonly unit?: EpochUnit;
  /** How records have its values, where their format leaves that open: set by a format for the one within it. */
  readonly encoding?: ColumnEncoding;
}

/** Units of instants that types of Kafka Connect name. */
export type TimeUnit = 'ms' | 'us' | 'ns' | 'days';

/** Seconds, milliseconds, microseconds, nanoseconds or days. */
export type EpochUnit = TimeUnit | 's';

/** How Kafka Connect writes a logical type, which JSON alone does not show. */
export interface ColumnEncoding {
  /** Of a timestamp: what its number counts since 1970; milliseconds by default. */
  readonly unit?: TimeUnit;
  /** Of a decimal number in base64: the digits behind the point. Left out: it is a number, its text, or has its scale with it. */
  readonly scale?: number;
}

/** Column name to its type, in the order of the record's fields. */
export type Columns = Readonly<Record<string, ColumnType>>;

/** No columns. */
export type NoColumns = { readonly [column: symbol]: never };

/** The types that are strings to the stages. */
export type TextTypeName = 'string' | 'enum' | 'int64' | 'bytes';

const TEXT_TYPES: ReadonlySet<string> = new Set<TextTypeName>(['string', 'enum', 'int64', 'bytes']);

export function isTextType(type: ScalarTypeName): type is TextTypeName {
  return TEXT_TYPES.has(type);
}

/** A type's name without its mark for null. */
export function requiredType({ type }: ColumnType): RequiredTypeName {
  return (type.endsWith('?') ? type.slice(0, -1) : type) as RequiredTypeName; // only the mark is taken off
}

const LIST = 'list(';

/** The type of a list's values; null for a column that holds no lists. */
export function itemType(column: ColumnType): ColumnType<ScalarTypeName | `${ScalarTypeName}?`> | null {
  const type = requiredType(column);
  if (!type.startsWith(LIST)) return null;
  // What is in the brackets of a list's name.
  return { ...column, type: type.slice(LIST.length, -1) as ScalarTypeName | `${ScalarTypeName}?` };
}

/** A column's type, that of the values of a list, without its mark for null. */
export function scalarType(column: ColumnType): ScalarTypeName {
  return requiredType(itemType(column) ?? column) as ScalarTypeName; // the values of a list are no lists
}

type Lists<T extends ScalarTypeName> = `list(${T})` | `list(${T}?)`;
type Marked<T extends RequiredTypeName> = T | `${T}?`;

/**
 * Kind of a column as stages see it: enums, 64-bit integers as digits and bytes in base64 are strings; other numbers,
 * booleans (0 or 1) and timestamps (ms) are numbers. Lists are `string[]` or `number[]`.
 */
export type KindOf<T extends ColumnType> =
  T extends ColumnType<Marked<TextTypeName>>
    ? 'string'
    : T extends ColumnType<Marked<Lists<TextTypeName>>>
      ? 'string[]'
      : T extends ColumnType<Marked<ListTypeName>>
        ? 'number[]'
        : 'number';

type IsNullable<T extends ColumnType> = T extends ColumnType<`${RequiredTypeName}?`> ? true : false;

/** The JavaScript value of a column; a boolean may be given as 0 or 1. */
export type ValueOf<T extends ColumnType> =
  | (T extends ColumnType<Marked<ListTypeName>> ? readonly ItemOf<T>[] : ScalarOf<T>)
  | (IsNullable<T> extends true ? null : never);

type ScalarOf<T extends ColumnType> =
  KindOf<T> extends 'string'
    ? string
    : T extends ColumnType<'boolean' | 'boolean?'>
      ? boolean | number
      : number;

type ItemOf<T extends ColumnType> =
  | (KindOf<T> extends 'string[]'
      ? string
      : T extends ColumnType<Marked<Lists<'boolean'>>>
        ? boolean | number
        : number)
  | (T extends ColumnType<Marked<`list(${ScalarTypeName}?)`>> ? null : never);

/** An event with these columns; a nullable one may be left out. */
export type EventOf<C extends Columns> = {
  readonly [N in keyof C as IsNullable<C[N]> extends true ? never : N]: ValueOf<C[N]>;
} & { readonly [N in keyof C as IsNullable<C[N]> extends true ? N : never]?: ValueOf<C[N]> };

/** That a number column is read: 'amount: number'. */
export type NumberRead<C extends string> = `${C}: number`;
/** That a string column is read: 'card: string'. */
export type StringRead<C extends string> = `${C}: string`;
/** That a column of either kind, but no list, is read: 'card: any'. */
export type AnyRead<C extends string> = `${C}: any`;
/** That a column of lists of numbers is read: 'prices: number[]'. */
export type NumberListRead<C extends string> = `${C}: number[]`;
/** That a column of lists of strings is read: 'tags: string[]'. */
export type StringListRead<C extends string> = `${C}: string[]`;
/** That a column of lists of either kind is read: 'tags: list'. */
export type ListRead<C extends string> = `${C}: list`;

/** Everything that may be read where these columns are. */
export type Readable<C extends Columns> = {
  [N in keyof C & string]: `${N}: ${KindOf<C[N]> | (KindOf<C[N]> extends `${string}[]` ? 'list' : 'any')}`;
}[keyof C & string];

/** What may be read of the values of lists, one by one, where these columns are. */
export type ReadableItems<C extends Columns> = {
  [N in keyof C & string]: KindOf<C[N]> extends `${infer Kind}[]` ? `${N}: ${Kind | 'any'}` : never;
}[keyof C & string];

export function numberColumn<const C extends string>(column: C): NumberRead<C> {
  return `${column}: number`;
}
export function stringColumn<const C extends string>(column: C): StringRead<C> {
  return `${column}: string`;
}
export function anyColumn<const C extends string>(column: C): AnyRead<C> {
  return `${column}: any`;
}
export function numberListColumn<const C extends string>(column: C): NumberListRead<C> {
  return `${column}: number[]`;
}
export function stringListColumn<const C extends string>(column: C): StringListRead<C> {
  return `${column}: string[]`;
}
export function listColumn<const C extends string>(column: C): ListRead<C> {
  return `${column}: list`;
}

const READ_KINDS = ['number', 'string', 'any', 'number[]', 'string[]', 'list'] as const;

/** What one entry of a list of reads says. */
export interface ColumnRead {
  readonly column: string;
  /** `any`: a number or a string; `list`: a list of either. */
  readonly kind: (typeof READ_KINDS)[number];
}

/** The inverse of `numberColumn` and the others; a name alone is read as any kind. */
export function parseRead(read: string): ColumnRead {
  const at = read.lastIndexOf(': ');
  const kind = READ_KINDS.find((known) => known === read.slice(at + 2));
  return at < 0 ? { column: read, kind: 'any' } : { column: read.slice(0, at), kind: kind ?? 'any' };
}
