// The schema codec of Millrace's own topics, on avsc (control path).
import { MillraceError } from '../../core/errors.ts';
import type {
  BatchDecoder,
  ColumnEncoder,
  RecordDecoder,
  RecordEncoder,
  SchemaCodec,
} from '../../ports/codec.ts';
import type { Schemas } from '../../ports/schemas.ts';
import { AvroBatchDecoder } from './batch-decoder.ts';
import { planColumns } from './column-plan.ts';
import { ColumnarWriter } from './columnar-writer.ts';
import { AvroRecordDecoder, AvroRecordEncoder } from './records.ts';
import { idOf, readSubject } from './subject-schema.ts';

export class AvroCodec implements SchemaCodec {
  readonly #schemas: Schemas;

  constructor(schemas: Schemas) {
    this.#schemas = schemas;
  }

  async batchDecoder(subject: string, eventTime: string): Promise<BatchDecoder> {
    const schema = await readSubject(this.#schemas, subject);
    const fields = planColumns(schema.type, subject);
    const eventTimeField = fields.findIndex((field) => field.name === eventTime);
    const column = fields[eventTimeField];
    if (column === undefined || column.spec.kind !== 'number') {
      const numbers = fields.filter((field) => field.spec.kind === 'number').map((field) => field.name);
      throw new MillraceError(
        'TOPOLOGY_INVALID',
        `event time is no number column of the schema: ${eventTime}`,
        {
          where: subject,
          remedy: `Name one of ${numbers.join(', ')}.`,
        },
      );
    }
    return new AvroBatchDecoder(schema.type, fields, eventTimeField, this.#schemas);
  }

  async encoder<T>(subject: string): Promise<RecordEncoder<T>> {
    const schema = await readSubject(this.#schemas, subject);
    return new AvroRecordEncoder<T>(schema, await idOf(this.#schemas, schema));
  }

  async columnEncoder(subject: string): Promise<ColumnEncoder> {
    const schema = await readSubject(this.#schemas, subject);
    return new ColumnarWriter(schema, await idOf(this.#schemas, schema));
  }

  async decoder<T>(subject: string): Promise<RecordDecoder<T>> {
    return new AvroRecordDecoder<T>(await readSubject(this.#schemas, subject), this.#schemas);
  }

  /** Nothing is open: the registry's client keeps no connection. */
  async close(): Promise<void> {}
}
