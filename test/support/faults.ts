// Deterministic faults for a stream of encoded events (control path), for tests and the chaos harness. Every fault is a
// separate record: the originals pass unchanged and in order, so the correct result stays known.

import type { RecordEncoder } from '../../src/ports/codec.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import { Random } from '../../src/stats/random.ts';
import { MS_PER_HOUR } from '../../src/core/time.ts';
import { nothingKnown, type FlightEvent } from '../../demo/flight-event.ts';

/**
 * - `malformed`: bytes that are not framed or do not decode (empty, no magic byte, truncated, body of 0xff)
 * - `wrongSchemaId`: correctly framed, with an id that no registry assigns
 * - `nullField`: a `scheduled` event that lacks one field of its schedule
 * - `outOfRange`: an event with one impossible value
 * - `duplicate`: a copy of an original, at most eight records later
 * - `late`: a valid `scheduled` event whose time is hours before that of its neighbours
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
  /** Mean number of faults per original record; 0 for a kind that is left out. May exceed 1. */
  readonly rates: Partial<FaultCounts>;
  readonly encoder: RecordEncoder<FlightEvent>;
  /** How late a late event is: more than the watermark's bound and the allowed lateness. Default: 12 hours. */
  readonly lateByMs?: number;
}

const duplicateRecordsLaterMax = 8;
const framingBytes = 5; // Confluent wire format: magic byte 0, then the schema id, big-endian
const unusedSchemaId = 0x7fff_ffff;

const neverNull = ['carrier', 'dest', 'flight', 'scheduledDep', 'distance'] as const;
const impossible: readonly Partial<FlightEvent>[] = [
  { type: 'scheduled', distance: -100 },
  { type: 'scheduled', scheduledBlock: 100_000 },
  { type: 'departed', depDelay: 1_000_000 },
  { type: 'weather', temp: 10_000 },
];

/** Adds faults to a stream that is passed in pieces. The faults depend on the seed and the stream, not on the pieces. */
export class FaultInjector {
  readonly #options: FaultOptions;
  readonly #random: Random;
  readonly #counts: Record<FaultKind, number>;
  #delayed: { record: LogRecord; due: number }[] = [];
  #seen = 0;

  constructor(options: FaultOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#counts = { malformed: 0, wrongSchemaId: 0, nullField: 0, outOfRange: 0, duplicate: 0, late: 0 };
  }

  /** Faults so far, including duplicates that are still delayed. */
  get counts(): FaultCounts {
    return { ...this.#counts };
  }

  /** The originals, each followed by its faults. */
  inject(records: readonly LogRecord[]): LogRecord[] {
    const out: LogRecord[] = [];
    for (const record of records) {
      out.push(record);
      this.#seen += 1;
      if (this.#delayed.length > 0) this.#release(out, this.#seen);
      for (const kind of faultKinds) {
        for (let left = this.#drawCount(this.#options.rates[kind] ?? 0); left > 0; left -= 1) {
          this.#counts[kind] += 1;
          if (kind === 'duplicate') this.#delay(record);
          else out.push({ ...record, value: this.#faultyValue(kind, record) });
        }
      }
    }
    return out;
  }

  /** The duplicates that are still delayed at the end of the stream. */
  end(): LogRecord[] {
    const out: LogRecord[] = [];
    this.#release(out, Infinity);
    return out;
  }

  #drawCount(rate: number): number {
    const whole = Math.floor(rate);
    return whole + (this.#random.nextDouble() < rate - whole ? 1 : 0);
  }

  #delay(record: LogRecord): void {
    this.#delayed.push({ record, due: this.#seen + this.#random.nextInt(duplicateRecordsLaterMax + 1) });
  }

  #release(out: LogRecord[], seen: number): void {
    for (const { record, due } of this.#delayed) if (due <= seen) out.push(record);
    this.#delayed = this.#delayed.filter(({ due }) => due > seen);
  }

  #faultyValue(kind: Exclude<FaultKind, 'duplicate'>, record: LogRecord): Buffer {
    const original = record.value ?? Buffer.alloc(0);
    switch (kind) {
      case 'malformed':
        return this.#malformed(original);
      case 'wrongSchemaId': {
        const value = Buffer.concat([Buffer.alloc(framingBytes), original.subarray(framingBytes)]);
        value.writeUInt32BE(unusedSchemaId, 1);
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

  /** A valid event with the record's key and time, except for the fields in `changes`. */
  #encoded(kind: FaultKind, record: LogRecord, changes: Partial<FlightEvent>): Buffer {
    const type = changes.type ?? 'scheduled';
    const id = `fault-${kind}-${this.#counts[kind]}`;
    const base: FlightEvent = {
      ...nothingKnown,
      type,
      id,
      eventId: `${type}/${id}`,
      origin: record.key?.toString('utf8') ?? '',
      eventTime: record.timestampMs,
    };
    return this.#options.encoder.encode({
      ...base,
      ...(type === 'weather' ? {} : schedule(record)),
      ...changes,
    });
  }
}

/** Adds faults to a whole stream. Returns the records, and the number of faults of each kind. */
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
