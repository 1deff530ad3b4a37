// Where a merge is (control path): what it knows of its sources, and which of their rows wait. It is committed with the
// merge's offset, as metadata, in the transaction of the rows that it released.
import { crc32 } from 'node:zlib';
import { isEventTime } from '../../core/time.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { MergeSource } from './merge-source.ts';
import type { Progress } from './row-group.ts';

export interface SourceState extends TopicPartition {
  readonly progress: Progress | null;
  /** Its first row that waits: the offset of the group's record, and the rows of the group that do not wait. Null if none. */
  readonly waiting: { readonly place: number; readonly released: number } | null;
}

/** A row that is merged, by its source and its place there. */
export interface MergedRow {
  readonly source: TopicPartition;
  readonly place: number;
}

export interface MergeState {
  /** Everything before it, of the topic before the merge, is taken. */
  readonly position: number;
  readonly sources: readonly SourceState[];
  /** The newest row of the merged topic; null if it is not known, or there is none. */
  readonly last: MergedRow | null;
}

const RADIX = 36;
const NEVER = '-';
/** Of a watermark that is no whole number of milliseconds. */
const EXACT = '_';

/** Numbers in base 36, times and places relative to one: brokers allow 4,096 bytes of metadata. */
export function packState(
  position: number,
  sources: readonly MergeSource[],
  last: MergedRow | null = null,
): string {
  const newestMs = sources.reduce(
    (newest, { progress }) => Math.max(newest, progress?.watermarkMs ?? newest),
    Number.NEGATIVE_INFINITY,
  );
  const baseMs = Number.isFinite(newestMs) ? Math.ceil(newestMs) : 0;
  const byTopic = Map.groupBy(sources, ({ topic }) => topic);
  const topics = [...byTopic].map(([topic, own]) => [
    topic,
    own.map((source) => packSource(source, position, baseMs)).join(' '),
  ]);
  const name = last === null ? null : partitionName(last.source);
  const rank = [...byTopic.values()].flat().findIndex((source) => partitionName(source) === name);
  const values = [position, baseMs, topics, last === null || rank < 0 ? null : [rank, last.place]];
  return JSON.stringify([...values, crc32(JSON.stringify(values))]);
}

function packSource(source: MergeSource, position: number, baseMs: number): string {
  const { partition, progress, head, released } = source;
  const parts = [text(partition)];
  parts.push(
    ...(progress === null ? [NEVER, NEVER] : [text(progress.offsetNext), timeText(progress, baseMs)]),
  );
  if (head !== undefined) parts.push(text(position - head.place), text(released));
  return parts.join('.');
}

function text(value: number): string {
  return value.toString(RADIX);
}

function timeText({ watermarkMs }: Progress, baseMs: number): string {
  if (watermarkMs === Number.NEGATIVE_INFINITY) return NEVER;
  // A fraction in decimals has a point, which separates.
  return Number.isInteger(watermarkMs) ? text(baseMs - watermarkMs) : EXACT + bits(watermarkMs);
}

function bits(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

function ofBits(hex: string): number {
  const bytes = Buffer.from(hex, 'hex');
  return bytes.length === 8 ? bytes.readDoubleBE() : Number.NaN;
}

/** Null for anything else than what `packState` returned: who may commit for the group may have written it. */
export function parseState(metadata: string): MergeState | null {
  try {
    const values: unknown = JSON.parse(metadata);
    // Earlier releases left the last row out.
    if (!Array.isArray(values) || values.length < 4 || values.length > 5) return null;
    const [position, baseMs, topics, last]: unknown[] = values;
    if (values.at(-1) !== crc32(JSON.stringify(values.slice(0, -1)))) return null;
    if (!isCount(position) || typeof baseMs !== 'number' || !Array.isArray(topics)) return null;
    const sources = topics.flatMap((topic: unknown) => topicSources(topic, position, baseMs));
    return { position, sources, last: values.length === 4 ? null : mergedRow(last, sources) };
  } catch {
    return null;
  }
}

function mergedRow(packed: unknown, sources: readonly SourceState[]): MergedRow | null {
  if (!Array.isArray(packed)) return null;
  const [rank, place]: unknown[] = packed;
  const source = isCount(rank) ? sources[rank] : undefined;
  if (source === undefined || typeof place !== 'number') throw new RangeError('no row');
  return { source, place };
}

function topicSources(packed: unknown, position: number, baseMs: number): SourceState[] {
  if (!Array.isArray(packed)) throw new RangeError('no topic');
  const [topic, sources]: unknown[] = packed;
  if (typeof topic !== 'string' || typeof sources !== 'string') throw new RangeError('no topic');
  return sources.split(' ').map((source) => ({ topic, ...parseSource(source.split('.'), position, baseMs) }));
}

function parseSource(parts: readonly string[], position: number, baseMs: number): Omit<SourceState, 'topic'> {
  const [partition = '', offset = '', time = '', back, released] = parts;
  const progress = offset === NEVER ? null : { offsetNext: count(offset), watermarkMs: timeOf(time, baseMs) };
  const waiting =
    back === undefined ? null : { place: position - count(back), released: count(released ?? '') };
  return { partition: count(partition), progress, waiting };
}

function timeOf(packed: string, baseMs: number): number {
  if (packed === NEVER) return Number.NEGATIVE_INFINITY;
  const ms = packed.startsWith(EXACT) ? ofBits(packed.slice(1)) : baseMs - count(packed);
  if (!isEventTime(ms)) throw new RangeError('no time');
  return ms;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0; // a number by then
}

function count(packed: string): number {
  const value = Number.parseInt(packed, RADIX);
  if (!isCount(value)) throw new RangeError('no number');
  return value;
}
