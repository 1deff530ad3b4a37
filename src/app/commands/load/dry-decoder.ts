// What a record becomes for the stages (control path): it is decoded by the source's format, without a log or a registry.
import { ByteColumn } from '../../../core/byte-column.ts';
import { valueAt, type RawBatch } from '../../../core/batch.ts';
import type { Schema } from '../../../core/schema.ts';
import type { LogRecord } from '../../../ports/event-log.ts';
import type { EventDecoder, EventRow } from '../../../ports/format.ts';
import type { Schemas, SchemaText } from '../../../ports/schemas.ts';
import { SourceDecoder } from '../../../runtime/task/source-decoder.ts';
import type { Source } from '../../../topology/source.ts';

/** The project's schemas with a registry of its own, so that a dry run registers nothing. */
export function unregistered(schemas: Schemas): Schemas {
  const texts: SchemaText[] = [];
  return {
    name: schemas.name,
    read: (subject, extension) => schemas.read(subject, extension),
    isDerived: (subject) => schemas.isDerived?.(subject) ?? false,
    idOf: async (_subject, text) => texts.push(text),
    isSettled: () => true,
    lookUp: async () => undefined,
    known: (id) => texts[Number(id) - 1],
    refusal: () => undefined,
  };
}

/** The columns, or why the engine would make a dead letter of the record. */
export type Decoded = { readonly columns: EventRow } | { readonly fault: string };

export class DryDecoder {
  readonly #decoder: SourceDecoder;

  constructor(decoder: EventDecoder, { topic, eventTime }: Pick<Source, 'topic' | 'eventTime'>) {
    this.#decoder = new SourceDecoder(decoder, eventTime, `source ${topic}`);
  }

  get schema(): Schema {
    return this.#decoder.schema;
  }

  async decode(record: LogRecord): Promise<Decoded> {
    const raw = rawBatchOf(record);
    await this.#decoder.prepare(raw);
    const { batch, faults } = this.#decoder.decode(raw, 0, 1);
    const [fault] = faults;
    if (fault !== undefined) return { fault: `dead letter ${fault.code}: ${fault.message}` };
    const values = Object.entries(batch.columns).map(([name, column]) => [name, valueAt(column, 0)] as const);
    return { columns: Object.fromEntries(values) };
  }
}

function rawBatchOf({ key, value, timestampMs }: LogRecord): RawBatch {
  return {
    origin: { topic: 'dry-run', partition: 0 },
    count: 1,
    offsets: Float64Array.of(0),
    timestampMs: Float64Array.of(timestampMs),
    keys: ByteColumn.of([key]),
    values: ByteColumn.of([value]),
    offsetNext: 1,
    highWatermark: 1,
    receivedAtMs: 0,
  };
}
