// What one record is to the topology: an event, or what it is set aside as.
import type { AvroObject } from '../avro-schema.ts';
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
const number = (value: unknown): number =>
  value === null || value === undefined ? Number.NaN : Number(value);

function floorDiv(value: bigint, by: bigint): bigint {
  const whole = value / by;
  return value % by < 0n ? whole - 1n : whole;
}

export class EventOracle {
  readonly #registered: Registered;
  readonly #reader: AvroObject;
  readonly #perMs: bigint;
  readonly #limits: { readonly aheadMs: number; readonly minMs: number; readonly maxMs: number };

  constructor(
    { reader }: Declaration,
    registered: Registered,
    limits: { readonly aheadMs: number; readonly minMs: number; readonly maxMs: number },
  ) {
    this.#registered = registered;
    this.#reader = parseAvro(JSON.stringify(reader)) as AvroObject; // a record
    this.#limits = limits;
    const type = reader.fields?.find(({ name }) => name === 'at')?.type as AvroObject | undefined;
    this.#perMs = timeUnits.find(({ logicalType }) => logicalType === type?.logicalType)?.perMs ?? 1n;
  }

  read({ value, timestampMs }: SourceRecord): DecodedEvent | SetAside {
    if (value === null) return { codes: ['EVENT_MALFORMED'] };
    if (value.length < 5 || value[0] !== 0 || value.readInt32BE(1) < 0)
      return { codes: ['EVENT_NOT_FRAMED'] };
    const schema = this.#registered.get(value.readInt32BE(1));
    if (schema === undefined) return { codes: ['SCHEMA_UNKNOWN'] };
    if (schema.refusal !== undefined || schema.type !== 'AVRO')
      return { codes: ['SCHEMA_INVALID', 'SCHEMA_UNKNOWN'] };
    try {
      return this.#event(readAvro(value.subarray(5), parseAvro(schema.text), this.#reader), timestampMs);
    } catch (error) {
      if (error instanceof Unreadable) return { codes: ['EVENT_MALFORMED', 'SCHEMA_INVALID'] };
      throw error;
    }
  }

  #event(fields: ReadonlyMap<string, unknown>, timestampMs: number): DecodedEvent | SetAside {
    const at = fields.get('at');
    const timeMs = Number(typeof at === 'bigint' ? floorDiv(at, this.#perMs) : at);
    const { minMs, maxMs, aheadMs } = this.#limits;
    if (!(timeMs >= minMs && timeMs <= maxMs)) return { codes: ['EVENT_TIME_INVALID'] };
    if (timeMs > timestampMs + aheadMs) return { codes: ['EVENT_TIME_AHEAD'] };
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
