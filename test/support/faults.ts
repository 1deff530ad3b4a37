// Deterministic faults for a stream of encoded events (control path): what tests and the chaos harness put in between.
// Every fault is a record of its own: the originals pass unchanged and in order, so what is right stays known.

import type { RecordEncoder } from '../../src/ports/codec.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import { Random } from '../../src/stats/random.ts';
import { MS_PER_HOUR } from '../../src/core/time.ts';
import { nothingKnown, type FlightEvent } from '../../demo/flight-event.ts';

/**
 * - `malformed`: bytes that are not framed or do not decode (empty, no magic byte, truncated, body of 0xff)
 * - `wrongSchemaId`: well framed, by an id that no registry gives out
 * - `nullField`: a `scheduled` event that lacks one field of its schedule
 * - `outOfRange`: an event with one value that cannot be
 * - `duplicate`: an original again, at most eight records later
 * - `late`: a `scheduled` event without fault but for its time, hours behind its neighbours
 */
export const faultKinds = [
  'malformed',
  'wrongSchemaId',
  'nullField',
  'outOfRange',
  'duplicate',
  'late',
] as const;

export type FaultKind = (typeof faultKinds)[number];
export type FaultCounts = Readonly<Record<FaultKind, number>>;

export interface FaultOptions {
  readonly seed: number;
  /** Faults an original record, on average; 0 for a kind left out. May exceed 1. */
  readonly rates: Partial<FaultCounts>;
  readonly encoder: RecordEncoder<FlightEvent>;
  /** How far behind a late event is: more than the watermark's bound and the allowed lateness. Default 12 hours. */
  readonly lateByMs?: number;
}

const duplicateRecordsLaterMax = 8;
const framingBytes = 5; // Confluent wire format: magic byte 0, then the schema id, big-endian
const schemaIdOfNone = 0x7fff_ffff;

const neverNull = ['carrier', 'dest', 'flight', 'scheduledDep', 'distance'] as const;
const impossible: readonly Partial<FlightEvent>[] = [
  { type: 'scheduled', distance: -100 },
  { type: 'scheduled', scheduledBlock: 100_000 },
  { type: 'departed', depDelay: 1_000_000 },
  { type: 'weather', temp: 10_000 },
];

/** Adds faults to a stream given in pieces. Equal seeds and streams give equal faults, however the stream is cut. */
export class FaultInjector {
  readonly #options: FaultOptions;
  readonly #random: Random;
  readonly #counts: Record<FaultKind, number>;
  #held: { record: LogRecord; due: number }[] = [];
  #seen = 0;

  constructor(options: FaultOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#counts = { malformed: 0, wrongSchemaId: 0, nullField: 0, outOfRange: 0, duplicate: 0, late: 0 };
  }

  /** Faults added so far, those included that are still held back. */
  get counts(): FaultCounts {
    return { ...this.#counts };
  }

  /** The originals with the faults that come after them. */
  inject(records: readonly LogRecord[]): LogRecord[] {
    const out: LogRecord[] = [];
    for (const record of records) {
      out.push(record);
      this.#seen += 1;
      if (this.#held.length > 0) this.#release(out, this.#seen);
      for (const kind of faultKinds) {
        for (let left = this.#drawCount(this.#options.rates[kind] ?? 0); left > 0; left -= 1) {
          this.#counts[kind] += 1;
          if (kind === 'duplicate') this.#hold(record);
          else out.push({ ...record, value: this.#faultyValue(kind, record) });
        }
      }
    }
    return out;
  }

  /** What is still held back, at the end of the stream. */
  end(): LogRecord[] {
    const out: LogRecord[] = [];
    this.#release(out, Infinity);
    return out;
  }

  #drawCount(rate: number): number {
    const whole = Math.floor(rate);
    return whole + (this.#random.nextDouble() < rate - whole ? 1 : 0);
  }

  #hold(record: LogRecord): void {
    this.#held.push({ record, due: this.#seen + this.#random.nextInt(duplicateRecordsLaterMax + 1) });
  }

  #release(out: LogRecord[], seen: number): void {
    for (const { record, due } of this.#held) if (due <= seen) out.push(record);
    this.#held = this.#held.filter(({ due }) => due > seen);
  }

  #faultyValue(kind: Exclude<FaultKind, 'duplicate'>, record: LogRecord): Buffer {
    const original = record.value ?? Buffer.alloc(0);
    switch (kind) {
      case 'malformed':
        return this.#malformed(original);
      case 'wrongSchemaId': {
        const value = Buffer.concat([Buffer.alloc(framingBytes), original.subarray(framingBytes)]);
        value.writeUInt32BE(schemaIdOfNone, 1);
        return value;
      }
      case 'nullField': {
        const field = neverNull[this.#random.nextInt(neverNull.length)] ?? 'carrier';
        return this.#encoded(kind, record, { [field]: null });
      }
      case 'outOfRange':
        return this.#encoded(kind, record, impossible[this.#random.nextInt(impossible.length)] ?? {});
      case 'late': {
        const eventTime = record.timestampMs - (this.#options.lateByMs ?? 12 * MS_PER_HOUR);
        return this.#encoded(kind, record, { eventTime });
      }
    }
  }

  #malformed(original: Buffer): Buffer {
    switch (this.#random.nextInt(4)) {
      case 0:
        return Buffer.alloc(0);
      case 1:
        return Buffer.concat([Buffer.from([0xff]), original.subarray(1)]);
      case 2:
        return Buffer.from(original.subarray(0, this.#random.nextInt(Math.max(original.length, 1))));
      default:
        return Buffer.concat([original.subarray(0, framingBytes), Buffer.alloc(64, 0xff)]);
    }
  }

  /** An event without fault at the record's key and time, but for what `but` says. */
  #encoded(kind: FaultKind, record: LogRecord, but: Partial<FlightEvent>): Buffer {
    const type = but.type ?? 'scheduled';
    const id = `fault-${kind}-${this.#counts[kind]}`;
    const base: FlightEvent = {
      ...nothingKnown,
      type,
      id,
      eventId: `${type}/${id}`,
      origin: record.key?.toString('utf8') ?? '',
      eventTime: record.timestampMs,
    };
    return this.#options.encoder.encode({ ...base, ...(type === 'weather' ? {} : schedule(record)), ...but });
  }
}

/** One stream at once: the records with their faults, and how many of each kind there are. */
export function injectFaults(
  records: readonly LogRecord[],
  options: FaultOptions,
): { readonly records: readonly LogRecord[]; readonly counts: FaultCounts } {
  const injector = new FaultInjector(options);
  const out = injector.inject(records);
  return { records: out.concat(injector.end()), counts: injector.counts };
}

function schedule(record: LogRecord): Partial<FlightEvent> {
  return {
    carrier: 'UA',
    dest: 'IAH',
    flight: 'UA1545',
    scheduledDep: record.timestampMs + MS_PER_HOUR,
    scheduledBlock: 244,
    distance: 1400,
    hour: 5,
    minuteOfDay: 315,
    dayOfWeek: 2,
    month: 1,
  };
}
