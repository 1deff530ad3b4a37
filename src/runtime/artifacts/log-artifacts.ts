// Artifacts in chunks on a topic of the log (control path). The key of a record is the hash and the position of its bytes, so
// that what is written again replaces what is there; a record without a value removes them.
import type { RawBatch } from '../../core/batch.ts';
import { ARTIFACT_BYTES_MAX, ARTIFACT_CHUNK_BYTES } from '../../core/model-limits.ts';
import { type Artifact, byteLengthOf, type ModelContent, slicesOf } from '../../core/model-content.ts';
import type { ArtifactPart, ArtifactStore, StoredArtifact } from '../../ports/artifact-store.ts';
import type { EventLog, TopicSpec } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import { quarantineRow } from '../own-records.ts';

const KEY = /^([0-9a-f]{64})\/(\d{1,10})$/;

interface Chunk extends ArtifactPart {
  readonly sha256: string;
  /** Null: it was removed. */
  readonly value: Buffer | null;
  readonly timestampMs: number;
}

export interface LogArtifactsParts {
  readonly log: Pick<EventLog, 'ensureTopics' | 'partitionCounts' | 'offsets' | 'read' | 'publish'>;
  readonly spec: TopicSpec;
  /** Takes records that no process writes. */
  readonly quarantine: Quarantine;
  readonly nowMs: () => number;
}

export class LogArtifacts implements ArtifactStore {
  readonly #parts: LogArtifactsParts;

  constructor(parts: LogArtifactsParts) {
    this.#parts = parts;
  }

  async write(content: ModelContent, sha256: string): Promise<Artifact> {
    const { log, spec, nowMs } = this.#parts;
    await log.ensureTopics([spec]);
    const [range] = await log.offsets(spec.topic);
    let position = 0;
    for await (const value of slicesOf(content, ARTIFACT_CHUNK_BYTES)) {
      await log.publish(spec.topic, [{ key: keyOf(sha256, position), value, timestampMs: nowMs() }]);
      position += value.length;
    }
    return { sha256, bytes: byteLengthOf(content), offset: range?.high ?? 0 };
  }

  async *read({ sha256, offset }: Artifact): AsyncGenerator<ArtifactPart> {
    const range = await this.#range();
    const isKnown = offset >= range.low && offset < range.high;
    const from = isKnown ? offset : range.low;
    for await (const chunk of this.#chunks(from, range.high))
      if (chunk.sha256 === sha256 && chunk.value !== null) yield chunk;
    // The place may be that of an earlier copy, of which some was replaced.
    for await (const chunk of this.#chunks(range.low, from))
      if (chunk.sha256 === sha256 && chunk.value !== null) yield chunk;
  }

  async list(): Promise<readonly StoredArtifact[]> {
    const stored = new Map<string, { bytes: Map<number, number>; writtenMs: number }>();
    const { low, high } = await this.#range();
    for await (const { sha256, position, value, bytes, timestampMs } of this.#chunks(low, high)) {
      let known = stored.get(sha256);
      if (known === undefined) stored.set(sha256, (known = { bytes: new Map(), writtenMs: timestampMs }));
      known.writtenMs = Math.max(known.writtenMs, timestampMs);
      if (value === null) known.bytes.delete(position);
      else known.bytes.set(position, bytes.length);
    }
    return [...stored]
      .filter(([, { bytes }]) => bytes.size > 0)
      .map(([sha256, { bytes, writtenMs }]) => ({
        sha256,
        bytes: [...bytes.values()].reduce((sum, length) => sum + length, 0),
        writtenMs,
      }));
  }

  async remove(sha256s: readonly string[], writtenMs: number = Number.POSITIVE_INFINITY): Promise<void> {
    const { log, spec, nowMs } = this.#parts;
    const removed = new Set(sha256s);
    const keys = new Map<string, Buffer>();
    const { low, high } = await this.#range();
    for await (const { sha256, position, value, timestampMs } of this.#chunks(low, high)) {
      const key = keyOf(sha256, position);
      if (!removed.has(sha256)) continue;
      if (value === null || timestampMs > writtenMs) keys.delete(key.toString());
      else keys.set(key.toString(), key);
    }
    const records = [...keys.values()].map((key) => ({ key, value: null, timestampMs: nowMs() }));
    if (records.length > 0) await log.publish(spec.topic, records);
  }

  /** Nothing to do: chunks without the rest are listed. */
  removeUnfinished(): Promise<void> {
    return Promise.resolve();
  }

  /** Empty before there is a topic. */
  async #range(): Promise<{ readonly low: number; readonly high: number }> {
    const { log, spec } = this.#parts;
    const counts = await log.partitionCounts([spec.topic]);
    const [range] = counts.has(spec.topic) ? await log.offsets(spec.topic) : [];
    return range ?? { low: 0, high: 0 };
  }

  async *#chunks(from: number, to: number): AsyncGenerator<Chunk> {
    const { log, spec, quarantine } = this.#parts;
    if (from >= to) return;
    for await (const raw of log.read(spec.topic, 0, from, to)) {
      for (const row of raw.offsets.keys()) {
        const chunk = chunkOf(raw, row);
        if (chunk !== null) yield chunk;
        else
          quarantineRow(quarantine, raw, row, {
            reason: 'malformed',
            detail: 'it is no part of an artifact',
          });
      }
    }
  }
}

function keyOf(sha256: string, position: number): Buffer {
  return Buffer.from(`${sha256}/${position}`);
}

/** Null for what no process writes. */
function chunkOf(raw: RawBatch, row: number): Chunk | null {
  const match = KEY.exec(raw.keys.at(row)?.toString('latin1') ?? '');
  const [, sha256, position] = match ?? [];
  if (sha256 === undefined || Number(position) > ARTIFACT_BYTES_MAX) return null;
  const value = raw.values.at(row);
  if (value?.length === 0) return null;
  return {
    sha256,
    position: Number(position),
    value,
    bytes: value ?? new Uint8Array(0),
    timestampMs: raw.timestampMs[row] as number,
  };
}
