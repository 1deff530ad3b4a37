// What is right for an event's bytes (control path), by avsc alone: nothing of the engine's decoder is used.
import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { QUANTITY_MAX, TIME_MAX, TIME_MIN, VALUE_MAX } from './topology.ts';

const FRAME_BYTES = 5;
/** What avsc puts in the place of bytes that are no UTF-8; no event has it, and one flipped bit does not make it. */
const NO_UTF8 = '\uFFFD';
const INT_MAX = 2 ** 31;

interface Tick {
  readonly id: string;
  readonly key: string;
  readonly time: number;
  readonly value: number;
  readonly quantity: number;
}

/** A type from its schema's file. */
export function typeOf(file: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(readFileSync(file, 'utf8')) as avro.Schema); // avsc checks it
}

export class Oracle {
  readonly #type: avro.Type;
  readonly #schemaId: number;

  constructor(type: avro.Type, schemaId: number) {
    this.#type = type;
    this.#schemaId = schemaId;
  }

  /** True where the bytes are one whole event that keeps its contract, and nothing more. */
  isGood(bytes: Buffer | null): boolean {
    if (bytes === null || bytes.length < FRAME_BYTES || bytes[0] !== 0) return false;
    // Every other id is that of a schema that is unknown, or that a tick cannot be read from.
    if (bytes.readInt32BE(1) !== this.#schemaId) return false;
    let tick: Tick;
    try {
      tick = this.#type.fromBuffer(bytes.subarray(FRAME_BYTES)) as Tick; // it throws where bytes are missing or left
    } catch {
      return false;
    }
    const { id, key, time, value, quantity } = tick;
    if (id.includes(NO_UTF8) || key.includes(NO_UTF8)) return false;
    // avsc does not mind an int beyond 32 bits.
    if (quantity < -INT_MAX || quantity >= INT_MAX) return false;
    const isInRange = value >= 0 && value <= VALUE_MAX && quantity >= 0 && quantity <= QUANTITY_MAX;
    return isInRange && time >= TIME_MIN && time <= TIME_MAX;
  }
}
