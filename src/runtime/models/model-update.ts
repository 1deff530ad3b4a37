// A model and its manifest in one record (control path), so that an engine needs only the log to swap models.
import { gunzipSync, gzipSync } from 'node:zlib';
import { MillraceError } from '../../core/errors.ts';
import { exactJson } from '../../core/exact-json.ts';
import { MODEL_BYTES_MAX } from '../../core/limits.ts';
import { parseManifest } from '../../core/manifest.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { ModelUpdateRecord } from '../records.ts';

/**
 * The record of a decision on a model. The manifest is stored as base64 of gzip: most of it is the drift reference.
 * @throws MODEL_INVALID if the record would exceed the limit of a broker
 */
export function packUpdate(
  manifest: ModelManifest,
  model: Uint8Array,
  reason: string,
  atMs: number,
): ModelUpdateRecord {
  const isRejected = manifest.status === 'rejected';
  const packed = isRejected
    ? { ...manifest, reference: { rowCount: 0, features: [], score: emptyColumn } }
    : manifest;
  const update: ModelUpdateRecord = {
    topology: manifest.topology,
    version: manifest.version,
    status: manifest.status,
    model: isRejected ? Buffer.alloc(0) : Buffer.from(model),
    manifest: gzipSync(exactJson(packed)).toString('base64'),
    reason,
    atMs,
  };
  const bytes = update.model.length + update.manifest.length;
  if (bytes > MODEL_BYTES_MAX) {
    throw new MillraceError('MODEL_INVALID', `the model and its manifest take ${bytes} bytes`, {
      where: `${manifest.topology} ${manifest.version}`,
      remedy: `Train a smaller model: a model update has at most ${MODEL_BYTES_MAX} bytes.`,
    });
  }
  return update;
}

const emptyColumn = { edges: [], shares: [], sample: [] };

/** The manifest of an update; null if the training failed before it was created. */
export function manifestOf(update: ModelUpdateRecord): ModelManifest | null {
  if (update.manifest === '') return null;
  return parseManifest(gunzipSync(Buffer.from(update.manifest, 'base64')).toString());
}
