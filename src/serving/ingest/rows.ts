// The rows of a body, by its media type (control path).
import type { SentRow } from '../../ports/ingest.ts';
import { binaryRow, isBinary, structuredRow } from './cloud-events.ts';

const JSON_BODY = 'application/json';
const LINES = 'application/x-ndjson';
const CLOUD_EVENT = 'application/cloudevents+json';
const CLOUD_EVENTS = 'application/cloudevents-batch+json';

export const mediaTypes: readonly string[] = [JSON_BODY, LINES, CLOUD_EVENT, CLOUD_EVENTS];

/** Why a body is none of its type. */
export interface BodyProblem {
  readonly problem: string;
}

/** Rows of a body; those of lines are parsed as they are asked for. */
export function rowsOf(
  type: string,
  text: string,
  headers: ReadonlyMap<string, string>,
): Iterable<SentRow> | BodyProblem {
  if (type === LINES) return isBinary(headers) ? { problem: MIXED } : lines(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: text.trim() === '' ? 'the body is empty' : `the body is not JSON${placeOf(error)}` };
  }
  if (type === CLOUD_EVENTS)
    return Array.isArray(value) ? structured(value) : { problem: 'the batch of CloudEvents is no array' };
  if (type === CLOUD_EVENT) return [structuredRow(value)];
  if (isBinary(headers)) return [binaryRow(headers, value)];
  if (Array.isArray(value)) return plain(value);
  return typeof value === 'object' && value !== null
    ? plain([value])
    : { problem: 'the body is neither an object nor an array' };
}

const MIXED = 'a CloudEvent in binary mode is one event, and its body is not lines';

function* plain(values: readonly unknown[]): Generator<SentRow> {
  for (const value of values) yield { value, line: null };
}

function* structured(values: readonly unknown[]): Generator<SentRow> {
  for (const value of values) yield structuredRow(value);
}

/** One value a line; empty lines are none. */
function* lines(text: string): Generator<SentRow> {
  let line = 0;
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    const sent = text.slice(from, to);
    from = to + 1;
    line += 1;
    if (sent.trim() !== '') yield lineOf(sent, line);
  }
}

function lineOf(text: string, line: number): SentRow {
  try {
    return { value: JSON.parse(text), line };
  } catch (error) {
    return { value: undefined, line, reason: `the line is not JSON${placeOf(error)}` };
  }
}

/** The message of a parser repeats what was sent: of it, only the place. */
function placeOf(error: unknown): string {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? '' : `, at position ${position}`;
}
