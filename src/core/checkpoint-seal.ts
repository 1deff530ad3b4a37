// The checksum over a checkpoint that a store keeps in separate fields (control path, once a commit).
import { crc32 } from 'node:zlib';

/** What a store keeps of a checkpoint besides the blobs of the stages. */
export interface CheckpointFields {
  readonly epoch: number;
  readonly offsetNext: number;
  readonly watermarkMs: number;
  readonly modelVersion: string;
}

/** The seal of the fields and of the set of stages that have a blob. @param scope `frameScope` of the partition */
export function sealCheckpoint(scope: number, fields: CheckpointFields, stages: Iterable<string>): string {
  const { epoch, offsetNext, watermarkMs, modelVersion } = fields;
  const content = [epoch, offsetNext, String(watermarkMs), modelVersion, [...stages].sort()];
  return crc32(JSON.stringify(content), scope).toString(16).padStart(8, '0');
}
