// The schema codec of Millrace's own topics, on avsc (control path).
import type { ColumnEncoder, RecordDecoder, RecordEncoder, SchemaCodec } from '../../ports/codec.ts';
import type { Schemas } from '../../ports/schemas.ts';
import { ColumnarWriter } from './columnar-writer.ts';
import { AvroRecordDecoder, AvroRecordEncoder } from './records.ts';
import { idOf, readSubject } from './subject-schema.ts';

export class AvroCodec implements SchemaCodec {
  readonly schemas: Schemas;

  constructor(schemas: Schemas) {
    this.schemas = schemas;
  }

  async encoder<T>(subject: string): Promise<RecordEncoder<T>> {
    const schema = await readSubject(this.schemas, subject);
    return new AvroRecordEncoder<T>(schema, await idOf(this.schemas, schema));
  }

  async columnEncoder(subject: string, schemaOf: string = subject): Promise<ColumnEncoder> {
    const schema = await readSubject(this.schemas, schemaOf, subject);
    return new ColumnarWriter(schema, await idOf(this.schemas, schema));
  }

  async decoder<T>(subject: string, schemaOf: string = subject): Promise<RecordDecoder<T>> {
    return new AvroRecordDecoder<T>(await readSubject(this.schemas, schemaOf, subject), this.schemas);
  }

  /** Nothing is open: the registry's client keeps no connection. */
  async close(): Promise<void> {}
}
