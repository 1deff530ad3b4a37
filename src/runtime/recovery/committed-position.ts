// What an earlier run has committed in the log (control path): the group's offset; the watermark that was committed with
// it; the model that the partition had taken; the identity of the source topic. The watermark distinguishes what happens at
// one and the same offset: an epoch may end right before the event that closes a control boundary, and the boundary's own
// epoch ends there as well.
import { crc32 } from 'node:zlib';
import { isEventTime } from '../../core/time.ts';
import type { CommittedOffset } from '../../ports/event-log.ts';
import { packTaken, parseTaken, type TakenModel } from '../models/taken-model.ts';
import { packSource, parseSource, UNKNOWN_SOURCE, type SourceIdentity } from './source-identity.ts';

export interface CommittedPosition {
  /** The group's offset: outputs of events below it are published. */
  readonly offset: number;
  /** Event time, ms; what happened at the offset up to this time is published too. -Infinity if it is unknown. */
  readonly watermarkMs: number;
  /** The model that the partition had taken; null or absent if it is unknown. */
  readonly model?: TakenModel | null;
  /** The source topic that the offset is of; unknown if absent. */
  readonly source?: SourceIdentity;
}

/**
 * What metadata says. Anyone who may commit for the group may have written it: an operator's tool leaves it empty or writes
 * a text of its own, and a watermark from there would make all events late. What does not verify says nothing.
 */
export function parseMetadata(metadata: string): Omit<CommittedPosition, 'offset'> {
  const [watermarkMs, model, source] = valuesOf(metadata);
  const isKnown = typeof watermarkMs === 'number' && isEventTime(watermarkMs);
  return {
    watermarkMs: isKnown ? watermarkMs : Number.NEGATIVE_INFINITY,
    model: parseTaken(model),
    source: parseSource(source),
  };
}

function checksumOf(...values: readonly unknown[]): number {
  return crc32(JSON.stringify(values));
}

function valuesOf(metadata: string): unknown[] {
  // 0.1.0 kept the watermark alone.
  if (!metadata.startsWith('[')) return [metadata === '' ? Number.NaN : Number(metadata)];
  try {
    const values: unknown = JSON.parse(metadata);
    if (!Array.isArray(values) || values.length !== 4) return [];
    const [watermarkMs, model, source, checksum]: unknown[] = values;
    return checksum === checksumOf(watermarkMs, model, source) ? [watermarkMs, model, source] : [];
  } catch {
    return [];
  }
}

export function committedPosition(committed: CommittedOffset | null): CommittedPosition {
  if (committed === null)
    return { offset: 0, watermarkMs: Number.NEGATIVE_INFINITY, model: null, source: UNKNOWN_SOURCE };
  return { offset: committed.offset, ...parseMetadata(committed.metadata) };
}

/** The metadata that is committed with the group's offset; -Infinity becomes null. */
export function positionMetadata(
  watermarkMs: number,
  model: TakenModel | null,
  source: SourceIdentity = UNKNOWN_SOURCE,
): string {
  const values = [watermarkMs, model === null ? null : packTaken(model), packSource(source)];
  return JSON.stringify([...values, checksumOf(...values)]);
}

/** Whether the outputs of the events before `offsetNext`, at this watermark, are published. */
export function isPublished(position: CommittedPosition, offsetNext: number, watermarkMs: number): boolean {
  return (
    isPassed(position, offsetNext, watermarkMs) ||
    (offsetNext === position.offset && watermarkMs === position.watermarkMs)
  );
}

/** Whether what comes behind `offsetNext`, at this watermark, is committed as well, some of it. */
export function isPassed(position: CommittedPosition, offsetNext: number, watermarkMs: number): boolean {
  return (
    offsetNext < position.offset || (offsetNext === position.offset && watermarkMs < position.watermarkMs)
  );
}
