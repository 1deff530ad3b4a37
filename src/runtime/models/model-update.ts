// A model and its manifest in one record (control path), so that an engine needs only the log to swap models.
import { gunzipSync, gzipSync } from 'node:zlib';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { exactJson } from '../../core/exact-json.ts';
import { ARTIFACT_BYTES_MAX, MANIFEST_BYTES_MAX, MODEL_BYTES_MAX } from '../../core/model-limits.ts';
import { parseManifest } from '../../core/manifest.ts';
import { type Artifact, isModelFile, type ModelContent } from '../../core/model-content.ts';
import { isInstant } from '../../core/time.ts';
import { isVersionName } from '../../core/version-name.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { RecordFault } from '../../ports/quarantine.ts';
import { NO_REFERENCE } from '../../stats/drift-reference.ts';
import type { ModelUpdateRecord } from '../records.ts';

/** Reasons of updates that come from an operator, and from no training. */
export const PROMOTED = 'promoted manually';
export const ROLLED_BACK = 'rolled back manually';

/** Stores models that are too large for a record. */
export interface ArtifactSink {
  put(content: ModelContent, sha256: string): Promise<Artifact>;
}

/**
 * The record of a decision on a model, which is stored as an artifact first if the record would be too large with it.
 * @throws MODEL_INVALID if the record would exceed the limit of a broker all the same; ARTIFACT_UNAVAILABLE
 */
export async function makeUpdate(
  artifacts: ArtifactSink,
  manifest: ModelManifest,
  model: ModelContent,
  reason: string,
  atMs: number,
): Promise<ModelUpdateRecord> {
  const isInline = !isModelFile(model) && model.length + packedManifest(manifest).length <= MODEL_BYTES_MAX;
  if (isInline || manifest.status === 'rejected')
    return packUpdate(manifest, isModelFile(model) ? new Uint8Array(0) : model, reason, atMs);
  const update = packUpdate(manifest, new Uint8Array(0), reason, atMs);
  return { ...update, artifact: await artifacts.put(model, manifest.sha256) };
}

/**
 * The record of a decision, with the model in it. The manifest is stored as base64 of gzip: most of it is the drift reference.
 * @throws MODEL_INVALID if the record would exceed the limit of a broker
 */
export function packUpdate(
  manifest: ModelManifest,
  model: Uint8Array,
  reason: string,
  atMs: number,
): ModelUpdateRecord {
  const isRejected = manifest.status === 'rejected';
  const update: ModelUpdateRecord = {
    topology: manifest.topology,
    version: manifest.version,
    status: manifest.status,
    model: isRejected ? Buffer.alloc(0) : Buffer.from(model),
    artifact: null,
    manifest: packedManifest(manifest),
    reason,
    atMs,
  };
  const bytes = update.model.length + update.manifest.length;
  if (bytes > MODEL_BYTES_MAX) {
    throw new MillraceError(
      'MODEL_INVALID',
      `the manifest takes ${update.manifest.length} bytes, the model ${update.model.length}`,
      {
        where: `${manifest.topology} ${manifest.version}`,
        remedy: `A model update has at most ${MODEL_BYTES_MAX} bytes with its manifest.`,
      },
    );
  }
  return update;
}

/** As an update has it. */
export function packedManifest(manifest: ModelManifest): string {
  const packed = manifest.status === 'rejected' ? { ...manifest, reference: NO_REFERENCE } : manifest;
  return gzipSync(exactJson(packed)).toString('base64');
}

/** Characters of an unusable version that a report shows. */
const VERSION_SHOWN = 100;

/** The manifest of an update; null if the training failed before it was created. */
export function manifestOf(update: ModelUpdateRecord): ModelManifest | null {
  if (update.manifest === '') return null;
  const packed = Buffer.from(update.manifest, 'base64');
  return parseManifest(gunzipSync(packed, { maxOutputLength: MANIFEST_BYTES_MAX }).toString());
}

/** What no engine and no command writes to the model updates of a topology; null if one can have written it. */
export function updateFault(topology: string, update: ModelUpdateRecord): RecordFault | null {
  const { version, model, atMs } = update;
  if (update.topology !== topology)
    return { reason: 'foreign', detail: `it is of the topology ${JSON.stringify(update.topology)}` };
  if (!isVersionName(version))
    return { reason: 'range', detail: `its version is ${JSON.stringify(version.slice(0, VERSION_SHOWN))}` };
  if (!isInstant(atMs)) return { reason: 'range', detail: `it was decided at ${atMs}` };
  const bytes = model.length + update.manifest.length;
  if (update.artifact !== null && !isArtifact(update.artifact, model))
    return { reason: 'range', detail: 'what it names is no artifact' };
  if (bytes > MODEL_BYTES_MAX) return { reason: 'too_large', detail: `it takes ${bytes} bytes` };
  return manifestFault(update);
}

/** A record has the model, or names it. */
function isArtifact({ sha256, bytes, offset }: Artifact, model: Uint8Array): boolean {
  if (model.length > 0 || !/^[0-9a-f]{64}$/.test(sha256)) return false;
  return bytes > 0 && bytes <= ARTIFACT_BYTES_MAX && offset >= -1;
}

function manifestFault(update: ModelUpdateRecord): RecordFault | null {
  try {
    manifestOf(update); // whose it is, and whether the model is that of it, decides what is refused
    return null;
  } catch (error) {
    const isLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    const detail = isLarge
      ? `its manifest expands to more than ${MANIFEST_BYTES_MAX} bytes`
      : messageOf(error);
    return { reason: isLarge ? 'too_large' : 'malformed', detail };
  }
}
