// Schemas of the topics that the engine writes, for the records that a world puts there itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AvroSchema } from './avro-schema.ts';

const folder = join(import.meta.dirname, '..', '..', 'schemas', 'millrace');

export function readModelUpdateSchema(): { text: string; schema: AvroSchema } {
  const text = readFileSync(join(folder, 'model-updates.avsc'), 'utf8');
  const schema = JSON.parse(text) as AvroSchema;
  return { text: JSON.stringify(schema), schema };
}
