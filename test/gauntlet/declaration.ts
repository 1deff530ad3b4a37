// What a world's topology computes, as data: the topology is built from it, and the oracle judges by it.
import type { AvroObject } from './avro-schema.ts';

export const aggregateNames = ['count', 'sum', 'mean', 'min', 'max', 'last', 'rate'] as const;
export type AggregateName = (typeof aggregateNames)[number];

export interface WindowDeclaration {
  readonly kind: 'sliding' | 'tumbling';
  readonly sizeMs: number;
  /** Of a tumbling window its size. */
  readonly paneMs: number;
  readonly aggregates: readonly AggregateName[];
}

export interface Declaration {
  readonly name: string;
  readonly topic: string;
  readonly partitions: number;
  /** The schema of the subject `<topic>-value`; see `eventSchema`. */
  readonly reader: AvroObject;
  readonly allowedLatenessMs: number;
  /** How far an event time may be ahead of its record's timestamp. */
  readonly allowedAheadMs: number;
  readonly dedupeWithinMs: number;
  /** Amounts beyond it break the contract. */
  readonly amountMax: number;
  readonly amountOtherwise: 'dead-letter' | 'null';
  /** Of the view by user, over orders alone. */
  readonly windows: readonly WindowDeclaration[];
  readonly labelTimeoutMs: number;
  /** How long a label waits for its prediction. */
  readonly earlyMs: number;
  readonly fallback: number;
  /** Control boundaries, with drift statistics at each; null for none. */
  readonly control: { readonly everyMs: number; readonly mode: 'live' | 'aligned' } | null;
  /** Whether a model scores from the beginning. */
  readonly hasModel: boolean;
}

/** Kinds of events; orders are scored, payments label them. */
export const eventKinds = ['order', 'payment', 'withdrawn'] as const;

/** The fields that every world's topology reads. */
export interface EventRow {
  readonly kind: string | null;
  readonly id: string | null;
  /** Identity for the removal of duplicates. */
  readonly event: string | null;
  readonly user: string | null;
  readonly amount: number | null;
  readonly paid: number | null;
  /** Event time as the field's unit has it. */
  readonly at: number | bigint;
}

export interface TimeUnit {
  readonly logicalType: string;
  /** Units of one millisecond. */
  readonly perMs: bigint;
}

/** Logical types of a long that is an instant. */
export const timeUnits: readonly TimeUnit[] = [
  { logicalType: 'timestamp-millis', perMs: 1n },
  { logicalType: 'timestamp-micros', perMs: 1_000n },
  { logicalType: 'timestamp-nanos', perMs: 1_000_000n },
  { logicalType: 'local-timestamp-millis', perMs: 1n },
  { logicalType: 'local-timestamp-micros', perMs: 1_000n },
  { logicalType: 'local-timestamp-nanos', perMs: 1_000_000n },
];

const nullable = (type: string): readonly [string, string] => ['null', type];

/** The schema of an event as most producers have it. */
export function eventSchema(logicalType: string): AvroObject {
  return {
    type: 'record',
    name: 'Event',
    namespace: 'gauntlet',
    fields: [
      { name: 'kind', type: nullable('string'), default: null },
      { name: 'id', type: nullable('string'), default: null },
      { name: 'event', type: nullable('string'), default: null },
      { name: 'user', type: nullable('string'), default: null },
      { name: 'amount', type: nullable('double'), default: null },
      { name: 'paid', type: nullable('double'), default: null },
      { name: 'at', type: { type: 'long', logicalType } },
    ],
  };
}
