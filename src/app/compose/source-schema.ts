// The columns of a topology's source, as its decoder gives them (control path); no service needs to run.
import type { Schema } from '../../core/schema.ts';
import type { Topology } from '../../topology/define.ts';
import type { Config } from '../settings/config.ts';
import { openFormat, openSchemas } from './adapters.ts';

export async function decodedSchema(topology: Topology, config: Config): Promise<Schema> {
  const { schema } = await openFormat(topology, openSchemas(config)).decoder();
  return schema;
}
