// Where the artifacts of a topology are (control path): in its log, in a folder, or in a store with the API of S3.
import { join } from 'node:path';
import { FolderArtifacts } from '../../adapters/artifacts/folder-artifacts.ts';
import { S3Artifacts, type S3Place } from '../../adapters/artifacts/s3-artifacts.ts';
import { importS3 } from '../../adapters/artifacts/s3-session.ts';
import { MillraceError } from '../../core/errors.ts';
import type { ArtifactStore } from '../../ports/artifact-store.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { Artifacts } from '../../runtime/artifacts/artifacts.ts';
import { LogArtifacts } from '../../runtime/artifacts/log-artifacts.ts';
import type { Topology } from '../../topology/define.ts';
import { artifactsSpec } from '../../topology/topics.ts';
import type { Config } from '../settings/config.ts';
import { s3Access } from './credentials.ts';

export interface ArtifactParts {
  readonly log: EventLog;
  readonly quarantine: Quarantine;
  readonly telemetry: Telemetry | null;
}

const SCHEME = 's3:';
/** By the rules of S3 for names of buckets, and of the older ones, which may have capital letters and underscores. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;

/** @throws CONFIG_INVALID if the place names no bucket, or the client of S3 is not installed: before anything needs it */
export async function checkArtifacts({ artifactPlace }: Config): Promise<void> {
  if (artifactPlace === null || s3PlaceOf(artifactPlace, '') === null) return;
  await importS3();
}

export function openArtifacts(topology: Topology, config: Config, parts: ArtifactParts): Artifacts {
  const { name } = topology;
  return new Artifacts(openStore(topology, config, parts), join(config.dataFolder, 'artifacts', name));
}

function openStore(
  topology: Topology,
  config: Config,
  { log, quarantine, telemetry }: ArtifactParts,
): ArtifactStore {
  const { artifactPlace: place } = config;
  if (place === null)
    return new LogArtifacts({ log, quarantine, spec: artifactsSpec(topology), nowMs: Date.now });
  const s3 = s3PlaceOf(place, topology.name);
  if (s3 !== null) return new S3Artifacts(s3, s3Access(config, telemetry));
  return new FolderArtifacts(join(place, topology.name));
}

/** Null for a folder. @throws CONFIG_INVALID for a URL of S3 that names no bucket */
function s3PlaceOf(place: string, topology: string): S3Place | null {
  if (!place.toLowerCase().startsWith(SCHEME)) return null;
  // A URL's host is in small letters, and its path is encoded: a bucket and a key are what was written.
  const [bucket = '', ...folders] = place.slice(`${SCHEME}//`.length).split('/');
  if (!BUCKET.test(bucket))
    throw new MillraceError('CONFIG_INVALID', 'the URL of S3 names no bucket', {
      where: 'MILLRACE_ARTIFACTS',
      remedy: 'Write it as s3://bucket/prefix; keys are in MILLRACE_S3_ACCESS_KEY_ID.',
    });
  return { bucket, prefix: `${[...folders.filter((folder) => folder !== ''), topology].join('/')}/` };
}
