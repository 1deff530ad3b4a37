// What a record means, by JSON.parse alone: the columns, or null where it is no event. It shares no code with the reader.
import type { ColumnType } from '../../../src/core/columns.ts';

export type Expected = Readonly<Record<string, number | string | null>>;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const INSTANT =
  /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

export class JsonOracle {
  readonly #columns: Readonly<Record<string, ColumnType>>;
  readonly #eventTime: string;

  constructor(columns: Readonly<Record<string, ColumnType>>, eventTime: string) {
    this.#columns = columns;
    this.#eventTime = eventTime;
  }

  decode(bytes: Uint8Array): Expected | null {
    let document: unknown;
    try {
      document = JSON.parse(UTF8.decode(bytes));
    } catch {
      return null;
    }
    if (typeof document !== 'object' || document === null || Array.isArray(document)) return null;
    const row: Record<string, number | string | null> = {};
    for (const [name, type] of Object.entries(this.#columns)) {
      const value = valueAt(document, name.split('.'));
      const column = value === undefined ? undefined : this.#value(name, type, value);
      if (column === undefined) return null;
      row[name] = column;
    }
    return row;
  }

  /** Undefined for what does not fit. */
  #value(
    name: string,
    { type, symbols = [] }: ColumnType,
    value: unknown,
  ): number | string | null | undefined {
    if (value === null) return type.endsWith('?') ? null : undefined;
    switch (type.replace('?', '')) {
      case 'string':
        return typeof value === 'string' && value.isWellFormed() ? value : undefined;
      case 'enum':
        return symbols.find((symbol) => symbol === value);
      case 'boolean':
        return typeof value === 'boolean' ? Number(value) : undefined;
      case 'double':
        return finite(value);
      case 'float':
        return finite(Math.fround(finite(value) ?? Number.NaN));
      case 'int':
        return Number.isInteger(value) && Math.abs(Number(value) + 0.5) <= 2 ** 31
          ? Number(value) + 0
          : undefined;
      case 'long':
        return Number.isSafeInteger(value) ? Number(value) + 0 : undefined;
      default:
        return this.#instant(name, value);
    }
  }

  #instant(name: string, value: unknown): number | undefined {
    const ms = typeof value === 'string' ? instant(value) : finite(value);
    if (ms === undefined) return undefined;
    return name === this.#eventTime || Math.abs(ms) <= 8.64e15 ? Math.floor(ms) + 0 : undefined;
  }
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function instant(text: string): number | undefined {
  const [, day = '', hour, minute, second, fraction = '', sign, offsetHour = 0, offsetMinute = 0] =
    INSTANT.exec(text) ?? [];
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined;
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1);
  const timeMs = ((Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second)) * 1_000;
  return midnight + timeMs + Number(`${fraction}000`.slice(0, 3));
}

/** Null for what is missing; undefined where the path leads through what is no object. */
function valueAt(document: object, path: readonly string[]): unknown {
  let at: unknown = document;
  for (const name of path) {
    if (at === null) return null;
    if (typeof at !== 'object' || Array.isArray(at)) return undefined;
    at = Object.hasOwn(at, name) ? (at as Readonly<Record<string, unknown>>)[name] : null;
  }
  return at;
}
