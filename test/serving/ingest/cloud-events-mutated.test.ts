// Damaged CloudEvents, structured and binary: what JSON.parse and the rules of CloudEvents 1.0 make of them, or refused rows.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { json } from '../../../src/adapters/json/format.ts';
import {
  double,
  enumeration,
  int,
  long,
  nullable,
  string,
  timestamp,
} from '../../../src/core/column-types.ts';
import type { Columns } from '../../../src/core/columns.ts';
import { RowReader } from '../../../src/runtime/ingest/row-reader.ts';
import { rowsOf } from '../../../src/serving/ingest/rows.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { noSchemas } from '../../support/no-schemas.ts';
import { randomIntegers } from '../../support/random-integers.ts';
import { damaged, DAMAGES, eventText, type Damage } from '../../adapters/json/mutations.ts';
import { type Expected, JsonOracle } from '../../adapters/json/oracle.ts';
import { jsonRows } from '../../adapters/json/rows.ts';

const MUTATED = Number(process.env['MUTATED_RECORDS'] ?? 10_000);
const SEED = Number(process.env['MUTATED_SEED'] ?? 1);
const BASES = 300;
// A million take some minutes.
t.setTimeout(0);

const columns: Columns = {
  id: string,
  kind: enumeration(['card', 'cash', 'überweisung', '']),
  amount: double,
  int,
  long,
  at: timestamp,
  seen: nullable(timestamp),
  note: nullable(string),
  'after.amount': nullable(double),
};
const NOW_MS = Date.UTC(2026, 5, 1);
/** A number nearer to 1970 may be refused as one of another unit, which the oracle leaves out. */
const TIME_MS_MIN = Date.UTC(1972, 0);
const oracle = new JsonOracle(columns, 'at');
const read = jsonRows(columns, 'at');
const reader = new RowReader({
  schema: schemaOf(columns),
  declared: columns,
  eventTime: 'at',
  nowMs: () => NOW_MS,
});
const encoder = await json().encoder!({
  topic: 'events',
  subject: 'events-value',
  eventTime: 'at',
  columns: schemaOf(columns),
  declared: columns,
  schemas: noSchemas,
});

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface Sent {
  readonly body: Buffer;
  /** Of a request in binary content mode; null: the body is an envelope. */
  readonly headers: ReadonlyMap<string, string> | null;
}

/** The event of an envelope, by the specification; undefined for what has none. */
function dataOf({ body, headers }: Sent): { readonly data: unknown; readonly time: unknown } | undefined {
  let document: unknown;
  try {
    document = JSON.parse(UTF8.decode(body));
  } catch {
    return undefined;
  }
  if (headers !== null) {
    const own = [...headers].map(([name, value]) => [name.replace('ce-', ''), value]);
    const attributes = Object.fromEntries(own) as Record<string, unknown>;
    return isEnvelope(attributes) ? { data: document, time: attributes['time'] } : undefined;
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined;
  const envelope = document as Record<string, unknown>;
  if (!isEnvelope(envelope)) return undefined;
  const { datacontenttype: type, data, data_base64: base64, time } = envelope;
  if (type !== undefined) {
    if (typeof type !== 'string' || /[\n\r\u2028\u2029]/.test(type)) return undefined;
    const [essence = ''] = type.toLowerCase().split(';');
    if (!/^application\/([\w.-]+\+)?json$/.test(essence.replace(/ +$/, ''))) return undefined;
  }
  if (base64 === undefined) return { data, time };
  if (data !== undefined || typeof base64 !== 'string') return undefined;
  try {
    // atob leaves out white space and takes texts without padding, which RFC 4648 does not.
    if (/\s/.test(base64) || base64.length % 4 !== 0) return undefined;
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return { data: JSON.parse(UTF8.decode(bytes)), time };
  } catch {
    return undefined;
  }
}

function isEnvelope(attributes: Record<string, unknown>): boolean {
  const names = ['id', 'source', 'type'];
  return attributes['specversion'] === '1.0' && names.every((name) => isText(attributes[name]));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** The columns that the log would have; null for a row that is refused. */
function found({ body, headers }: Sent): Expected | null {
  let text: string;
  try {
    text = UTF8.decode(body);
  } catch {
    return null; // the door says that the body is not UTF-8
  }
  const type = headers === null ? 'application/cloudevents+json' : 'application/json';
  try {
    const [sent, ...others] = [...rowsOf(type, text, headers ?? new Map())];
    assert.ok(sent !== undefined && others.length === 0);
    if (sent.reason !== undefined) return null;
    const row = reader.read(sent.value, sent.time);
    if (row === null) return null;
    const columnsRead = read.read(encoder.encode(row));
    assert.ok(typeof columnsRead === 'object', 'the topic has what the door took');
    // Text of JSON that the oracle writes has no negative zero.
    const values = Object.entries(columnsRead).map(([name, value]) => [name, value === 0 ? 0 : value]);
    return Object.fromEntries(values) as Expected; // the same columns
  } catch (error) {
    if (error instanceof Error && error.constructor.name === 'MalformedBody') return null;
    throw error;
  }
}

/**
 * The same by the oracle; undefined for an event time that it does not judge. The door takes what the columns of a topic take,
 * and no members or times that would be lost.
 */
function expected(sent: Sent): Expected | null | undefined {
  const given = dataOf(sent);
  if (given === undefined) return null;
  const { data, time } = given;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
  const event = data as Record<string, unknown>;
  const known = new Set(Object.keys(columns).map((name) => name.split('.')[0]));
  if (Object.keys(event).some((name) => !known.has(name))) return null;
  const { after } = event;
  if (typeof after === 'object' && after !== null && Object.keys(after).some((name) => name !== 'amount'))
    return null;
  if (after !== undefined && after !== null && typeof after !== 'object') return null;
  const whole = typeof time === 'string' && (event['at'] ?? null) === null ? { ...event, at: time } : event;
  for (const name of ['at', 'seen']) {
    const value = whole[name];
    if (typeof value === 'number' && !Number.isInteger(value)) return null;
  }
  if (typeof whole['at'] === 'number' && (whole['at'] < TIME_MS_MIN || whole['at'] > NOW_MS))
    return undefined;
  const decoded = oracle.decode(Buffer.from(JSON.stringify(whole, finiteOrList)));
  const at = decoded?.['at'];
  if (typeof at !== 'number') return null;
  return at >= Date.UTC(1900, 0) && at <= NOW_MS ? decoded : null;
}

/** Text of JSON has no infinity, which a number like 1e999 becomes: no column takes a list. */
function finiteOrList(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? [] : value;
}

/** A number, text, or none: the envelope has one. */
function timeOf(i: number): { readonly at?: number | string } {
  if (i % 3 === 0) return {};
  return { at: i % 3 === 1 ? 1_700_000_000_000 + i : '2026-01-31T12:00:00.25+01:00' };
}

t.test('damaged envelopes are events, or are refused', async (t) => {
  const random = randomIntegers(SEED);
  const events = fc
    .sample(eventText, { numRuns: BASES, seed: SEED })
    .filter((text) => oracle.decode(Buffer.from(text)) !== null)
    .map((text) => JSON.parse(text) as Record<string, unknown>)
    .map(({ id, kind, amount, int: whole, long: large, seen, note }, i) =>
      JSON.stringify({
        id,
        kind,
        amount,
        int: whole,
        long: large,
        ...timeOf(i),
        seen,
        note,
        after: { amount },
      }),
    );
  const pieceOf = (i: number, data: string): string => {
    if (i % 4 === 0) return `"data_base64":"${Buffer.from(data).toString('base64')}"`;
    return `"datacontenttype":"application/json; charset=utf-8","data":${data}`;
  };
  const damages = (): Damage => [random() % DAMAGES, random(), random()];
  let taken = 0;
  for (let i = 0; i < MUTATED; i++) {
    const data = events[random() % events.length]!;
    const attributes = {
      specversion: '1.0',
      id: `e${i}`,
      source: '/s',
      type: 't',
      time: '2026-05-01T12:00:00Z',
    };
    let sent: Sent;
    if (i % 2 === 0) {
      const text = `${JSON.stringify(attributes).slice(0, -1)},${pieceOf(random(), data)}}`;
      sent = { body: Buffer.from(text), headers: null };
    } else {
      const headers = new Map(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
      sent = { body: Buffer.from(data), headers };
    }
    for (let left = 1 + (random() % 2); left > 0; left--) {
      if (sent.headers === null || random() % 2 === 0)
        sent = { ...sent, body: damaged(sent.body, damages()) };
      else {
        const headers = new Map(sent.headers);
        const [name = '', value = ''] = [...headers][random() % headers.size] ?? [];
        headers.set(name, damaged(Buffer.from(value, 'latin1'), damages()).toString('latin1'));
        sent = { ...sent, headers };
      }
    }
    const row = found(sent);
    const about = `${sent.body.toString()} ${JSON.stringify([...(sent.headers ?? [])])}`;
    const wanted = expected(sent);
    if (wanted === undefined) continue;
    assert.deepStrictEqual(row, wanted, about);
    taken += Number(row !== null);
  }
  t.ok(taken > MUTATED / 50 && taken < MUTATED / 2, `${taken} events of ${MUTATED}`);
});
