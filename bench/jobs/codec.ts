// The codec of all jobs (control path): every process of the bench gives schemas the same ids.
import { fileURLToPath } from 'node:url';
import { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';

/**
 * Any engine's own records come after the input, so that its schema is the first of each process.
 * @param registryFile where ids are kept, as `millrace run` keeps them without a registry; null: nowhere
 */
export async function openCodec(subject: string, registryFile: string | null = null): Promise<AvroCodec> {
  const folders = ['./schemas', '../../schemas'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const codec = new AvroCodec(
    new ProjectSchemas({ registry: { url: null, file: registryFile }, schemaFolders: folders }),
  );
  await codec.encoder(subject);
  return codec;
}
