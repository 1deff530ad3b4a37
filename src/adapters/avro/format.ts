// The Avro format (control path).
import type { Format, FormatSource } from '../../ports/format.ts';

/**
 * Avro records in the Confluent wire format: a zero byte, the id of the writer's schema in the registry, Avro binary. The
 * reader's schema is the source's `<subject>.avsc`. Records of older and newer schemas are resolved to it by the rules of
 * Apache Avro's Java reader.
 *
 * Columns come from fields of type long, int, double, float, boolean, string and enum, their unions with null, and those of
 * nested records, by dotted names (`after.amount`). Integers beyond 2^53 are malformed, unless they are nanoseconds.
 *
 * The event time may be a timestamp in milli-, micro- or nanoseconds, local or not, or a date: its column, and the events
 * that are encoded, have milliseconds. Other columns have the unit of the topology's schema, also where a writer's differs.
 *
 * This is the default format of a source.
 * @example source: { topic: 'orders', format: avro(), eventTime: 'at', partitions: 4 }
 */
export function avro(): Format {
  return {
    name: 'avro',
    async decoder({ subject, schemas, eventTime }: FormatSource) {
      const { avroEventDecoder, readSubject } = await parts();
      return avroEventDecoder(await readSubject(schemas, subject), schemas, eventTime);
    },
    async register({ subject, schemas }: FormatSource) {
      const { readSubject, idOf } = await parts();
      await idOf(schemas, await readSubject(schemas, subject));
    },
    async encoder({ subject, schemas, eventTime }: FormatSource) {
      const { AvroEventEncoder, readSubject, idOf } = await parts();
      const schema = await readSubject(schemas, subject);
      return new AvroEventEncoder(schema, await idOf(schemas, schema), eventTime);
    },
  };
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
