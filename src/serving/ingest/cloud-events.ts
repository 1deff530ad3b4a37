// CloudEvents 1.0 (https://github.com/cloudevents/spec): the event of the source is the data of the envelope (control path).
import { isUtf8 } from 'node:buffer';
import { isBase64Text } from '../../core/exact-values.ts';
import type { SentRow } from '../../ports/ingest.ts';
import { parseWideJson } from '../../core/wide-json.ts';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json(?: *;.*)?$/i;
const REQUIRED = ['id', 'source', 'type'] as const;

/** In binary content mode, what makes one event of it: the data alone may be those of another event. */
export const envelopeHeaders: readonly string[] = [...REQUIRED, 'time'].map((name) => `ce-${name}`);

/** An envelope of the JSON event format: its data, or why there is none. */
export function structuredRow(envelope: unknown): SentRow {
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope))
    return refused('it is no JSON object');
  const attributes: Record<string, unknown> = { ...envelope };
  const problem = attributeProblem((name) => attributes[name]);
  if (problem !== null) return refused(problem);
  const { datacontenttype: type, data, data_base64: base64, time } = attributes;
  if (type !== undefined && (typeof type !== 'string' || !JSON_TYPE.test(type)))
    return refused('the data of the CloudEvent is not JSON, by its datacontenttype');
  if (base64 === undefined)
    return data === undefined ? refused('the CloudEvent has no data') : row(data, time);
  if (data !== undefined) return refused('the CloudEvent has both data and data_base64');
  if (!isBase64Text(base64)) return refused('data_base64 of the CloudEvent is no text in base64');
  const bytes = Buffer.from(base64 as string, 'base64'); // it is one
  try {
    if (isUtf8(bytes)) return row(parseWideJson(bytes.toString('utf8')), time);
  } catch {
    // It is no JSON.
  }
  return refused('the data of the CloudEvent is not JSON in UTF-8');
}

/** Whether a request has an envelope in its headers (binary content mode). */
export function isBinary(headers: ReadonlyMap<string, string>): boolean {
  return headers.has('ce-specversion');
}

/** The event of a request in binary content mode: its body is the data. */
export function binaryRow(headers: ReadonlyMap<string, string>, data: unknown): SentRow {
  const problem = attributeProblem((name) => headers.get(`ce-${name}`));
  return problem === null ? row(data, headers.get('ce-time')) : refused(problem);
}

function attributeProblem(attribute: (name: string) => unknown): string | null {
  if (attribute('specversion') !== '1.0') return 'the CloudEvent has another specversion than 1.0';
  for (const name of REQUIRED) {
    const value = attribute(name);
    if (typeof value !== 'string' || value === '') return `the CloudEvent has no ${name}`;
  }
  return null;
}

function row(value: unknown, time: unknown): SentRow {
  const data = { value, line: null };
  return typeof time === 'string' ? { ...data, time } : data;
}

function refused(reason: string): SentRow {
  return { value: undefined, line: null, reason };
}
