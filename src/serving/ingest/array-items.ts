// The items of a JSON array that a body is (control path): parsed in pieces, so that a large body holds up nothing else.
import { INGEST_ROW_CHARS_MAX, INGEST_SMALL_BYTES_MAX } from '../../core/port-limits.ts';
import { parseWideJson } from '../../core/wide-json.ts';

/** An item that is longer than an event may be, and is not parsed. */
export const TOO_LONG: unique symbol = Symbol('too long');

const QUOTE = 0x22;
const COMMA = 0x2c;
const ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const ARRAY_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;

/** The text is not JSON, and at which position, if that is known. */
export class NoJson extends Error {
  readonly position: number | null;

  constructor(position: number | null, cause?: unknown) {
    super('not JSON', { cause });
    this.position = position;
  }
}

/** Whether the text is an array, if it is JSON. */
export function isArrayText(text: string): boolean {
  return /^[ \t\r\n]*\[/.test(text);
}

/**
 * The items of an array in order, each as JSON.parse has it; whether the text is JSON is known at the end.
 * @throws NoJson
 */
export function* arrayItems(text: string): Generator {
  const open = text.indexOf('[');
  let from = open + 1; // of the items that are parsed together
  let itemFrom = from;
  let end = -1;
  for (let at = from; end < 0; at = itemFrom) {
    const to = itemEnd(text, at);
    const isLast = text.charCodeAt(to) === ARRAY_END;
    const isLong = to - itemFrom > INGEST_ROW_CHARS_MAX;
    if (isLong) {
      if (itemFrom > from) yield* parsed(text, from, itemFrom - 1);
      yield TOO_LONG;
      from = to + 1;
    } else if (isLast) {
      const isEmpty = itemFrom === open + 1 && isBlank(text.slice(from, to));
      if (!isEmpty) yield* parsed(text, from, to);
    } else if (to - from > INGEST_SMALL_BYTES_MAX) {
      yield* parsed(text, from, to);
      from = to + 1;
    }
    itemFrom = to + 1;
    if (isLast) end = to;
  }
  const rest = text.slice(end + 1).search(/[^ \t\r\n]/);
  if (rest >= 0) throw new NoJson(end + 1 + rest);
}

/** Position of the comma or bracket that ends the item which begins at `from`. */
function itemEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code === ARRAY || code === OBJECT) depth += 1;
    else if (code === ARRAY_END || code === OBJECT_END) {
      if (depth === 0) {
        if (code !== ARRAY_END) throw new NoJson(at);
        return at;
      }
      depth -= 1;
    } else if (code === COMMA && depth === 0) return at;
  }
  throw new NoJson(text.length);
}

function stringEnd(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  throw new NoJson(text.length);
}

function isBlank(text: string): boolean {
  return !/[^ \t\r\n]/.test(text);
}

/** One item or more. */
function parsed(text: string, from: number, to: number): unknown[] {
  const some = text.slice(from, to);
  if (isBlank(some)) throw new NoJson(to);
  try {
    return parseWideJson(`[${some}]`) as unknown[]; // it is in brackets
  } catch (error) {
    const position = positionIn(error);
    throw new NoJson(position === null ? null : Math.min(to, from + position - 1), error);
  }
}

/** The message of a parser repeats what was sent: of it, only the place. */
export function positionIn(error: unknown): number | null {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? null : Number(position);
}
