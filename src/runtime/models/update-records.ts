// Reads the model updates of a topology beside the engine that follows them (control path): what cannot be read is left to the
// follower to quarantine.
import type { SchemaCodec } from '../../ports/codec.ts';
import { topicsOf } from '../../topology/topics.ts';
import type { Topology } from '../../topology/define.ts';
import { OwnRecords } from '../own-records.ts';
import { NO_QUARANTINE } from '../quarantine/record-quarantine.ts';
import type { ModelUpdateRecord } from '../records.ts';
import { updateFault } from './model-update.ts';

export async function openUpdateRecords(
  topology: Topology,
  codec: Pick<SchemaCodec, 'decoder'>,
): Promise<OwnRecords<ModelUpdateRecord>> {
  const decoder = await codec.decoder<ModelUpdateRecord>(`${topicsOf(topology).modelUpdates}-value`);
  return new OwnRecords(decoder, (update) => updateFault(topology.name, update), NO_QUARANTINE);
}
