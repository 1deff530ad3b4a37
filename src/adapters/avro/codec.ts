// The schema codec on avsc and a Confluent-compatible registry (control path).
import { MillraceError } from '../../core/errors.ts';
import type {
  BatchDecoder,
  ColumnEncoder,
  RecordDecoder,
  RecordEncoder,
  SchemaCodec,
} from '../../ports/codec.ts';
import { AvroBatchDecoder } from './batch-decoder.ts';
import { planColumns } from './column-plan.ts';
import { ColumnarWriter } from './columnar-writer.ts';
import { AvroRecordDecoder, AvroRecordEncoder } from './records.ts';
import { Registry, type RegistryOptions } from './registry.ts';
import { readSubject } from './schema-files.ts';

export interface AvroCodecOptions {
  readonly registry: RegistryOptions;
  /** Folders with `<subject>.avsc`, searched in this order; Millrace's own schemas need none. */
  readonly schemaFolders: readonly string[];
}

export class AvroCodec implements SchemaCodec {
  readonly #folders: readonly string[];
  readonly #registry: Registry;

  constructor(options: AvroCodecOptions) {
    this.#folders = options.schemaFolders;
    this.#registry = new Registry(options.registry);
  }

  async batchDecoder(subject: string, eventTime: string): Promise<BatchDecoder> {
    const schema = await readSubject(this.#folders, subject);
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
    return new AvroBatchDecoder(schema.type, fields, eventTimeField, this.#registry);
  }

  async encoder<T>(subject: string): Promise<RecordEncoder<T>> {
    const schema = await readSubject(this.#folders, subject);
    return new AvroRecordEncoder<T>(schema, await this.#registry.idOf(schema));
  }

  async columnEncoder(subject: string): Promise<ColumnEncoder> {
    const schema = await readSubject(this.#folders, subject);
    return new ColumnarWriter(schema, await this.#registry.idOf(schema));
  }

  async decoder<T>(subject: string): Promise<RecordDecoder<T>> {
    return new AvroRecordDecoder<T>(await readSubject(this.#folders, subject), this.#registry);
  }

  /** Nothing is held open: the registry's client keeps no connection. */
  async close(): Promise<void> {}
}
