// What a chaos run stands on: the fleet's setting with the chaos topology and its champion.
import { join } from 'node:path';
import { openSetting, prepareLog, type Setting } from '../../bench/fleet/setting.ts';
import type { SchemaCodec } from '../../src/ports/codec.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import type { Topology } from '../../src/topology/define.ts';
import { fixedManifest, fixedModel } from './model.ts';
import topology from './topology.ts';

const model = fixedModel(topology.features?.features.length ?? 0);
const manifest = fixedManifest(topology);

export function openChaosSetting(): Promise<Setting> {
  const here = import.meta.dirname;
  const schemas = join(here, '..', 'support', 'schemas');
  return openSetting({ topology, topologyFile: join(here, 'topology.ts'), schemas, model, manifest });
}

export function prepareChaosLog(log: EventLog, codec: SchemaCodec, run: Topology = topology): Promise<void> {
  return prepareLog(log, codec, { topology: run, model, manifest });
}
