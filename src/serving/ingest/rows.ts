// The rows of a body, by its media type (control path).
import type { SentRow } from '../../ports/ingest.ts';
import { binaryRow, isBinary, structuredRow } from './cloud-events.ts';

const JSON_BODY = 'application/json';
const LINES = 'application/x-ndjson';
const CLOUD_EVENT = 'application/cloudevents+json';
const CLOUD_EVENTS = 'application/cloudevents-batch+json';

export const mediaTypes: readonly string[] = [JSON_BODY, LINES, CLOUD_EVENT, CLOUD_EVENTS];

/** Says why a body is none of its type. */
export class MalformedBody extends Error {}

/**
 * Rows of a body, which is parsed when the first is asked for, and one of lines as they are: a body that waits for its turn
 * is text, not objects that take many times as much.
 * @throws MalformedBody with the first row
 */
export function* rowsOf(
  type: string,
  text: string,
  headers: ReadonlyMap<string, string>,
): Generator<SentRow, void> {
  if (type === LINES) {
    if (isBinary(headers)) throw new MalformedBody(MIXED);
    return yield* lines(text);
  }
  const value = parsed(text);
  if (type === CLOUD_EVENTS) {
    if (!Array.isArray(value)) throw new MalformedBody('the batch of CloudEvents is no array');
    for (const one of value as unknown[]) yield structuredRow(one);
  } else if (type === CLOUD_EVENT) yield structuredRow(value);
  else if (isBinary(headers)) yield binaryRow(headers, value);
  else if (Array.isArray(value)) for (const one of value as unknown[]) yield { value: one, line: null };
  else if (typeof value === 'object' && value !== null) yield { value, line: null };
  else throw new MalformedBody('the body is neither an object nor an array');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MalformedBody(
      text.trim() === '' ? 'the body is empty' : `the body is not JSON${placeOf(error)}`,
    );
  }
}

const MIXED = 'a CloudEvent in binary mode is one event, and its body is not lines';

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
