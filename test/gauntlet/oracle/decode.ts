// What one record is to the topology: an event, or what it is set aside as.
import type { AvroObject, AvroSchema } from '../avro-schema.ts';
import { timeUnits, type Declaration } from '../declaration.ts';
import { parseAvro, readAvro, Unreadable } from './avro.ts';

/** What a registry answers for an id, in truth: what it answers while it is down does not matter. */
export interface RegisteredSchema {
  readonly type: string;
  readonly text: string;
  /** An answer other than the schema that never changes, for example 403. */
  readonly refusal?: number;
}

export type Registered = ReadonlyMap<number, RegisteredSchema>;

export interface DecodedEvent {
  readonly kind: string | null;
  readonly id: string | null;
  readonly event: string | null;
  readonly user: string | null;
  readonly amount: number;
  readonly paid: number;
  readonly timeMs: number;
}

export interface SetAside {
  /** Codes of which one is right: where several things are wrong at once any may be named. */
  readonly codes: readonly string[];
}

interface SourceRecord {
  readonly value: Buffer | null;
  readonly timestampMs: number;
}

/** Readings of one field of a decoded record. */
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
/** Event times outside it are no instants to the engine: the years 1900 to 2299. */
const TIME_MS_MIN = Date.UTC(1900, 0, 1);
const TIME_MS_MAX = Date.UTC(2300, 0, 1) - 1;
/** Record timestamps that are no date are not compared with. */
const DATE_MS_MAX = 8.64e15;
const number = (value: unknown): number =>
  value === null || value === undefined ? Number.NaN : Number(value);

/** Units a millisecond of a schema's event time; null where it does not say. */
function perMsOf(schema: AvroSchema): bigint | null {
  const type = (schema as AvroObject).fields?.find(({ name }) => name === 'at')?.type;
  const branches = Array.isArray(type) ? (type as readonly AvroSchema[]) : [type];
  for (const branch of branches) {
    const unit = timeUnits.find(
      ({ logicalType }) => logicalType === (branch as AvroObject | undefined)?.logicalType,
    );
    if (unit !== undefined) return unit.perMs;
  }
  return null;
}

function floorDiv(value: bigint, by: bigint): bigint {
  const whole = value / by;
  return value % by < 0n ? whole - 1n : whole;
}

export class EventOracle {
  readonly #registered: Registered;
  readonly #reader: AvroObject;
  readonly #perMs: bigint;
  readonly #allowedAheadMs: number;
  readonly #parsed = new Map<string, AvroSchema | null>();

  constructor({ reader, allowedAheadMs }: Declaration, registered: Registered) {
    this.#registered = registered;
    this.#reader = parseAvro(JSON.stringify(reader)) as AvroObject; // a record
    this.#allowedAheadMs = allowedAheadMs;
    this.#perMs = perMsOf(this.#reader) ?? 1n;
  }

  read({ value, timestampMs }: SourceRecord): DecodedEvent | SetAside {
    if (value === null) return { codes: ['EVENT_MALFORMED'] };
    if (value.length < 5 || value[0] !== 0 || value.readInt32BE(1) < 0)
      return { codes: ['EVENT_NOT_FRAMED'] };
    const schema = this.#registered.get(value.readInt32BE(1));
    if (schema === undefined) return { codes: ['SCHEMA_UNKNOWN'] };
    if (schema.refusal !== undefined) return { codes: ['SCHEMA_UNKNOWN'] };
    // The worlds have no events in other languages: bytes that are none, by schemas without the columns.
    if (schema.type !== 'AVRO') return { codes: ['SCHEMA_INVALID', 'EVENT_MALFORMED'] };
    const writer = this.#parse(schema.text);
    if (writer === null) return { codes: ['SCHEMA_INVALID'] };
    try {
      const perMs = perMsOf(writer) ?? this.#perMs;
      return this.#event(readAvro(value.subarray(5), writer, this.#reader), perMs, timestampMs);
    } catch (error) {
      if (error instanceof Unreadable) return { codes: ['EVENT_MALFORMED', 'SCHEMA_INVALID'] };
      throw error;
    }
  }

  /** Null for text that is no schema. */
  #parse(text: string): AvroSchema | null {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    let schema: AvroSchema | null = null;
    try {
      schema = parseAvro(text);
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof Unreadable)) throw error;
    }
    this.#parsed.set(text, schema);
    return schema;
  }

  #event(fields: ReadonlyMap<string, unknown>, perMs: bigint, timestampMs: number): DecodedEvent | SetAside {
    const at = fields.get('at');
    if (at === null || at === undefined || Number.isNaN(at)) return { codes: ['EVENT_MALFORMED'] };
    const timeMs = typeof at === 'bigint' ? Number(floorDiv(at, perMs)) : Math.floor(Number(at));
    if (!(timeMs >= TIME_MS_MIN && timeMs <= TIME_MS_MAX)) return { codes: ['EVENT_TIME_RANGE'] };
    const hasTimestamp = timestampMs > 0 && timestampMs <= DATE_MS_MAX;
    if (hasTimestamp && timeMs > timestampMs + this.#allowedAheadMs) return { codes: ['EVENT_TIME_AHEAD'] };
    return {
      kind: text(fields.get('kind')),
      id: text(fields.get('id')),
      event: text(fields.get('event')),
      user: text(fields.get('user')),
      amount: number(fields.get('amount')),
      paid: number(fields.get('paid')),
      timeMs,
    };
  }
}
