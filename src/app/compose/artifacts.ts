// Where the artifacts of a topology are (control path): in its log, or in a folder.
import { join } from 'node:path';
import { FolderArtifacts } from '../../adapters/artifacts/folder-artifacts.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import { Artifacts } from '../../runtime/artifacts/artifacts.ts';
import { LogArtifacts } from '../../runtime/artifacts/log-artifacts.ts';
import type { Topology } from '../../topology/define.ts';
import { artifactsSpec } from '../../topology/topics.ts';
import type { Config } from '../settings/config.ts';

type ArtifactConfig = Pick<Config, 'dataFolder' | 'artifactFolder'>;

export interface ArtifactParts {
  readonly log: EventLog;
  readonly quarantine: Quarantine;
}

export function openArtifacts(
  topology: Topology,
  { dataFolder, artifactFolder }: ArtifactConfig,
  { log, quarantine }: ArtifactParts,
): Artifacts {
  const store =
    artifactFolder === null
      ? new LogArtifacts({ log, quarantine, spec: artifactsSpec(topology), nowMs: Date.now })
      : new FolderArtifacts(join(artifactFolder, topology.name));
  return new Artifacts(store, join(dataFolder, 'artifacts', topology.name));
}
