// What the columns of a record are by JSON.parse and BigInt alone, to the last digit. It shares no code with the reader.
import type { Columns, ColumnType } from '../../../src/core/columns.ts';
import type { Expected } from './oracle.ts';

/** A number with its digits. */
interface Digits {
  readonly source: string;
}

const DECIMAL = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function parsed(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? { source: context?.source ?? '' } : value,
  );
}

function isDigits(value: unknown): value is Digits {
  return typeof value === 'object' && value !== null && 'source' in value;
}

/** Null where it is missing, undefined where the path leads through a scalar. */
function valueAt(document: unknown, path: readonly string[], lists: ReadonlySet<string>): unknown {
  let at: unknown = document;
  for (const [depth, name] of path.entries()) {
    if (at === null) return null;
    if (typeof at !== 'object' || isDigits(at)) return undefined;
    if (Array.isArray(at)) {
      if (!lists.has(path.slice(0, depth).join('.'))) return undefined;
      if (name === 'length') at = { source: String(at.length) };
      else at = /^\d+$/.test(name) ? ((at[Number(name)] as unknown) ?? null) : null;
    } else at = Object.hasOwn(at, name) ? (at as Readonly<Record<string, unknown>>)[name] : null;
    if (at === undefined) return undefined;
  }
  return at;
}

/** An exact decimal number: `digits * 10^-point`. */
function exact(text: string): { digits: bigint; point: number } {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole.replace('-', '') + fraction), point: fraction.length - Number(exponent) };
}

function scaledBy(text: string, places: number): number | undefined {
  let { digits, point } = exact(text);
  if (digits === 0n) return 0;
  for (; point > places; point--) {
    if (digits % 10n !== 0n) return undefined;
    digits /= 10n;
  }
  if (places - point > 20) return undefined;
  digits *= 10n ** BigInt(places - point);
  return digits <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(digits) * (text.startsWith('-') ? -1 : 1)
    : undefined;
}

function valueOf(type: ColumnType, value: unknown): number | string | null | undefined {
  if (value === null) return type.type.endsWith('?') ? null : undefined;
  const text = isDigits(value) ? value.source : typeof value === 'string' ? value : undefined;
  if (text === undefined) return undefined;
  switch (type.type.replace('?', '')) {
    case 'int64': {
      const isInteger = isDigits(value) ? Number.isSafeInteger(Number(text)) : false;
      if (/^(?:0|-?[1-9]\d*)$/.test(text)) {
        const number = BigInt(text);
        return number >= -(2n ** 63n) && number < 2n ** 64n ? text : undefined;
      }
      return isInteger ? String(Number(text)) : undefined;
    }
    case 'bytes':
      return !isDigits(value) &&
        Buffer.from(text, 'base64').toString('base64').length === text.length &&
        /^[A-Za-z0-9+/]*={0,2}$/.test(text)
        ? text
        : undefined;
    case 'decimal':
      return DECIMAL.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case 'scaled':
      return DECIMAL.test(text) ? scaledBy(text, type.digits ?? 0) : undefined;
    case 'string':
      return typeof value === 'string' && value.isWellFormed() ? value : undefined;
    case 'double':
      return isDigits(value) && Number.isFinite(Number(text)) ? Number(text) : undefined;
    default:
      return isDigits(value) && Number.isSafeInteger(Number(text)) ? Number(text) + 0 : undefined;
  }
}

/** The columns; null where it is no event. @param lists paths of what may be a list */
export function exactly(text: string, columns: Columns, lists: ReadonlySet<string>): Expected | null {
  const document = parsed(text);
  const row: Record<string, number | string | null> = {};
  for (const [name, type] of Object.entries(columns)) {
    const at = valueAt(document, name.split('.'), lists);
    const value = at === undefined ? undefined : valueOf(type, at);
    if (value === undefined) return null;
    row[name] = value;
  }
  return row;
}
