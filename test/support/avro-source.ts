// Avro sources with the schemas of a codec (for tests).
import type { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { avro } from '../../src/adapters/avro/format.ts';
import { SourceDecoder } from '../../src/runtime/task/source-decoder.ts';
import type { SourceOptions } from '../../src/index.ts';
import { SourceFormat } from '../../src/topology/source-format.ts';

export function avroFormat(source: SourceOptions, { schemas }: AvroCodec): SourceFormat {
  return new SourceFormat(source, schemas, avro());
}

/** A decoder of the topic whose values have this subject. */
export async function avroDecoder(
  codec: AvroCodec,
  subject: string,
  eventTime: string,
): Promise<SourceDecoder> {
  const source = { topic: subject.replace(/-value$/, ''), subject, eventTime, partitions: 1 };
  return new SourceDecoder(await avroFormat(source, codec).decoder(), eventTime, subject);
}
