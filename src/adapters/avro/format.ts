// The Avro format (control path).
import { readFile } from 'node:fs/promises';
import { isCode, messageOf, MillraceError } from '../../core/errors.ts';
import type { Format, FormatSource } from '../../ports/format.ts';
import type { SubjectSchema } from './subject-schema.ts';

export interface AvroOptions {
  /**
   * Schema files (.avsc) of records in Avro's single-object encoding, besides the source's own schema. A path is relative to the
   * working directory.
   */
  readonly singleObject?: ReadonlyArray<string | URL>;
}

/**
 * Avro records in the Confluent wire format: a zero byte, the id of the writer's schema in the registry, Avro binary. The
 * reader's schema is the source's `<subject>.avsc`. Records of older and newer schemas are resolved to it by the rules of
 * Apache Avro's Java reader.
 *
 * Columns come from fields of all types, and those of nested records, by dotted names (`after.amount`). Of a union of several
 * types each has a column, by its name (`value.string`), of an array there are its length (`items.length`) and its items
 * (`tags`, `items[].price`), of a map its keys and values (`attrs.keys()`, `attrs.values()`). Columns that a
 * topology declares are found by their paths, which may name items and keys too: `items.0.price`, `attrs.country`. Integers
 * beyond 2^53 are malformed in a number column, unless they are nanoseconds.
 *
 * The event time may be a timestamp in milli-, micro- or nanoseconds, local or not, or a date: its column, and the events
 * that are encoded, have milliseconds. Other columns have the unit of the topology's schema, also where a writer's differs.
 *
 * Records in Avro's single-object encoding, C3 01 and a fingerprint, are read as well, by the source's schema or those of
 * `singleObject`.
 *
 * This is the default format of a source.
 * @example source: { topic: 'orders', format: avro(), eventTime: 'at', partitions: 4 }
 */
export function avro({ singleObject = [] }: AvroOptions = {}): Format {
  return {
    name: 'avro',
    async decoder(source: FormatSource) {
      const { avroEventDecoder } = await parts();
      const { subject, schemas, eventTime, declared } = source;
      const isDerived = schemas.isDerived?.(subject) === true;
      const writers = await Promise.all(singleObject.map(writerSchema));
      return avroEventDecoder(
        await ownSchema(source),
        schemas,
        eventTime,
        isDerived ? declared : null,
        writers,
      );
    },
    async register(source: FormatSource) {
      const { idOf } = await parts();
      const schema = await ownSchema(source);
      if (schema !== null) await idOf(source.schemas, schema);
    },
    async encoder({ subject, schemas, eventTime, declared }: FormatSource) {
      const { AvroEventEncoder, readSubject, idOf } = await parts();
      const schema = await readSubject(schemas, subject);
      const columns = schemas.isDerived?.(subject) === true ? declared : null;
      return new AvroEventEncoder(schema, await idOf(schemas, schema), eventTime, columns);
    },
  };
}

/** Null for columns that no schema can be derived from: records of others' schemas are read all the same. */
async function ownSchema({ subject, schemas }: FormatSource): Promise<SubjectSchema | null> {
  const { readSubject } = await parts();
  try {
    return await readSubject(schemas, subject);
  } catch (error) {
    if (isCode(error, 'TOPOLOGY_INVALID')) return null;
    throw error;
  }
}

async function writerSchema(file: string | URL): Promise<SubjectSchema> {
  const { SubjectSchema } = await parts();
  const where = String(file);
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new MillraceError('SCHEMA_INVALID', `the schema cannot be read: ${messageOf(cause)}`, {
      where,
      remedy: 'Name a file as avro({ singleObject }), by its URL or by its path from the working directory.',
      cause,
    });
  });
  return new SubjectSchema(where.replace(/\.avsc$/, ''), content);
}

/** Loaded on first use: a topology file that names the format needs no Avro library. */
async function parts() {
  const [decoder, encoder, schema] = await Promise.all([
    import('./event-decoder.ts'),
    import('./event-encoder.ts'),
    import('./subject-schema.ts'),
  ]);
  return { ...decoder, ...encoder, ...schema };
}
