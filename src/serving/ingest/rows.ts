// The rows of a body, by its media type (control path).
import type { SentRow } from '../../ports/ingest.ts';
import { INGEST_ROW_CHARS_MAX } from '../../core/port-limits.ts';
import { arrayItems, isArrayText, NoJson, positionIn, TOO_LONG } from './array-items.ts';
import { binaryRow, isBinary, structuredRow } from './cloud-events.ts';
import { parseWideJson } from '../../core/wide-json.ts';

/** Editors and shells of Windows write it in front of UTF-8; RFC 8259 allows a parser to ignore it. */
const BYTE_ORDER_MARK = '\ufeff';

const JSON_BODY = 'application/json';
const LINES = 'application/x-ndjson';
const CLOUD_EVENT = 'application/cloudevents+json';
const CLOUD_EVENTS = 'application/cloudevents-batch+json';

export const mediaTypes: readonly string[] = [JSON_BODY, LINES, CLOUD_EVENT, CLOUD_EVENTS];

/** Says why a body is none of its type. */
export class MalformedBody extends Error {}

/**
 * Rows of a body, which is parsed piece by piece as they are asked for: a body that waits for its turn is text, not objects
 * that take many times as much, and a large one holds up nothing else.
 * @throws MalformedBody with the first row, or a later one
 */
export function* rowsOf(
  type: string,
  body: string,
  headers: ReadonlyMap<string, string>,
): Generator<SentRow, void> {
  const text = body.startsWith(BYTE_ORDER_MARK) ? body.slice(1) : body;
  if (type === LINES) {
    if (isBinary(headers)) throw new MalformedBody(MIXED);
    return yield* lines(text);
  }
  if (type === CLOUD_EVENTS) {
    if (!isArrayText(text)) throw new MalformedBody('the batch of CloudEvents is no array');
    for (const item of items(text)) yield item === TOO_LONG ? TOO_LONG_ROW : structuredRow(item);
  } else if (type === CLOUD_EVENT) yield one(text, structuredRow);
  else if (isBinary(headers)) yield one(text, (value) => binaryRow(headers, value));
  else if (isArrayText(text)) for (const item of items(text)) yield rowOf(item);
  else yield one(text, eventRow);
}

const TOO_LONG_ROW: SentRow = {
  value: undefined,
  line: null,
  reason: `it is longer than ${INGEST_ROW_CHARS_MAX} characters`,
};

function rowOf(item: unknown): SentRow {
  return item === TOO_LONG ? TOO_LONG_ROW : { value: item, line: null };
}

function eventRow(value: unknown): SentRow {
  if (typeof value === 'object' && value !== null) return { value, line: null };
  throw new MalformedBody('the body is neither an object nor an array');
}

/** The row of a body that is one event. */
function one(text: string, row: (value: unknown) => SentRow): SentRow {
  if (text.length > INGEST_ROW_CHARS_MAX) return TOO_LONG_ROW;
  let value: unknown;
  try {
    value = parseWideJson(text);
  } catch (error) {
    throw noJson(text, positionIn(error), hintOf(error));
  }
  return row(value);
}

function* items(text: string): Generator {
  try {
    yield* arrayItems(text);
  } catch (error) {
    throw error instanceof NoJson ? noJson(text, error.position, hintOf(error.cause)) : error;
  }
}

function noJson(text: string, position: number | null, hint: string): MalformedBody {
  return new MalformedBody(
    text.trim() === '' ? 'the body is empty' : `the body is not JSON${placeOf(position)}${hint}`,
  );
}

const LINE_END = 0x0a;
const MIXED = 'a CloudEvent in binary mode is one event, and its body is not lines';

/** One value a line; empty lines are none. */
function* lines(text: string): Generator<SentRow> {
  const pastBlank = /\S/g;
  let line = 1;
  for (let from = 0; from < text.length;) {
    // A body of nothing but line ends has millions of them.
    pastBlank.lastIndex = from;
    const start = pastBlank.exec(text)?.index;
    if (start === undefined) return;
    line += lineEnds(text, from, start);
    const end = text.indexOf('\n', start);
    const to = end < 0 ? text.length : end;
    yield lineOf(text.slice(start, to), line);
    from = to;
  }
}

function lineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += 1) if (text.charCodeAt(at) === LINE_END) count += 1;
  return count;
}

function lineOf(text: string, line: number): SentRow {
  if (text.length > INGEST_ROW_CHARS_MAX) return { ...TOO_LONG_ROW, line };
  try {
    return { value: parseWideJson(text), line };
  } catch (error) {
    return {
      value: undefined,
      line,
      reason: `the line is not JSON${placeOf(positionIn(error))}${hintOf(error)}`,
    };
  }
}

/** Python and JavaScript programs write numbers that JSON has not. */
function hintOf(error: unknown): string {
  const isNumber =
    error instanceof SyntaxError && /^(?:Unexpected token '[NI]'|No number after minus)/.test(error.message);
  return isNumber ? ': NaN and Infinity are none, send null' : '';
}

function placeOf(position: number | null): string {
  return position === null ? '' : `, at position ${position}`;
}
