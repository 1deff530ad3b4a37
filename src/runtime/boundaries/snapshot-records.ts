// A snapshot of the learning loop as records of a compacted topic (control path). Each part is one key, or several if it is
// large; the head, written last, names the parts with their checksums. Records are written in one transaction, so that the
// newest record of every key that the head names is a whole snapshot, whatever was written again and what was not.
import { promisify } from 'node:util';
import { crc32, deflateRaw, inflateRaw } from 'node:zlib';
import { z } from 'zod';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { exactJson, parseExactJson } from '../../core/exact-json.ts';
import { LOOP_SNAPSHOT_BYTES_MAX, LOOP_SNAPSHOT_RECORD_BYTES_MAX } from '../../core/loop-limits.ts';
import type { LogRecord } from '../../ports/event-log.ts';
import type { StateParts } from '../learning/state-parts.ts';
import type { MemberState } from './boundary.ts';

/** Where the loop stands: what of the observations is in its state. */
export interface LoopPosition {
  /** The boundary that was decided last, ms. */
  readonly atMs: number;
  /** The offset of the observations up to which everything has been read. */
  readonly offset: number;
  /** Partitions with observations before that offset that no boundary has taken yet, and the first offset of them. */
  readonly pending: ReadonlyArray<readonly [partition: number, offset: number]>;
  /** How far each partition had come. */
  readonly members: readonly MemberState[];
}

export interface Snapshot {
  readonly position: LoopPosition;
  readonly parts: StateParts;
}

/** The first offset of the observations that a start from the snapshot reads. */
export function firstNeeded({ offset, pending }: LoopPosition): number {
  return Math.min(offset, ...pending.map(([, from]) => from));
}

/** The layout of the records; another one is not read. */
const FORMAT = 1;
export const HEAD = 'head';
/** A part that deflates to more of its size is stored as it is. */
const DEFLATED_SHARE_MAX = 0.95;

const headSchema = z.object({
  format: z.literal(FORMAT),
  atMs: z.number(),
  offset: z.number().min(0),
  pending: z.array(z.tuple([z.number(), z.number()])),
  members: z.array(
    z.object({
      topic: z.string(),
      partition: z.number(),
      idle: z.boolean(),
      reachedMs: z.number().or(z.literal(Number.NEGATIVE_INFINITY)),
    }),
  ),
  parts: z.array(
    z.object({
      name: z.string(),
      chunks: z.number().int().min(1),
      bytes: z.number().int().min(0).max(LOOP_SNAPSHOT_BYTES_MAX),
      crc32: z.number(),
      isDeflated: z.boolean(),
    }),
  ),
});

const deflated = promisify(deflateRaw);
const inflated = promisify(inflateRaw);

/** Splits a part into records of a size that every broker accepts. */
async function partRecords(
  name: string,
  bytes: Uint8Array,
  timestampMs: number,
): Promise<{ readonly records: LogRecord[]; readonly isDeflated: boolean }> {
  const smaller = await deflated(bytes, { level: 1 });
  // Samples of rows hardly shrink: a start is spared the work.
  const isDeflated = smaller.length < DEFLATED_SHARE_MAX * bytes.length;
  const packed = isDeflated ? smaller : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: LogRecord[] = [];
  for (let from = 0; from < packed.length || from === 0; from += LOOP_SNAPSHOT_RECORD_BYTES_MAX) {
    const key = Buffer.from(`${name}#${records.length}`);
    records.push({ key, value: packed.subarray(from, from + LOOP_SNAPSHOT_RECORD_BYTES_MAX), timestampMs });
  }
  return { records, isDeflated };
}

/** Chunks of each part that is in the log already, by name. */
export type WrittenParts = Map<
  string,
  { readonly bytes: Uint8Array; readonly chunks: number; readonly isDeflated: boolean }
>;

/** The records of the parts that are not in the log yet, and of the head. Adds them to `written`. */
export async function snapshotRecords(
  { position, parts }: Snapshot,
  written: WrittenParts,
  timestampMs: number,
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (const [name, bytes] of parts) {
    if (written.get(name)?.bytes === bytes) continue;
    const { records: added, isDeflated } = await partRecords(name, bytes, timestampMs);
    written.set(name, { bytes, chunks: added.length, isDeflated });
    for (const record of added) records.push(record);
  }
  const listed = [...parts].map(([name, bytes]) => {
    const { chunks = 0, isDeflated = false } = written.get(name) ?? {};
    return { name, chunks, bytes: bytes.length, crc32: crc32(bytes), isDeflated };
  });
  const head = Buffer.from(exactJson({ format: FORMAT, ...position, parts: listed }));
  const value = Buffer.concat([head, checksum(head)]);
  return [...records, { key: Buffer.from(HEAD), value, timestampMs }];
}

function checksum(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(bytes));
  return sum;
}

/** A snapshot as it is stored: the value of each key as of its head. */
export type SnapshotValues = ReadonlyMap<string, Buffer>;

/** The position of a snapshot, whose parts are not checked. @throws DATA_INVALID if its head is damaged */
export function storedPosition(values: SnapshotValues): LoopPosition {
  return headOf(values).position;
}

type ListedParts = z.infer<typeof headSchema>['parts'];

function headOf(values: SnapshotValues): {
  readonly position: LoopPosition;
  readonly listed: ListedParts;
} {
  const value = values.get(HEAD) ?? Buffer.alloc(0);
  const json = value.subarray(0, -4);
  if (value.length < 4 || !checksum(json).equals(value.subarray(-4))) throw damaged('its head');
  try {
    const { atMs, offset, pending, members, parts } = headSchema.parse(parseExactJson(json.toString()));
    return { position: { atMs, offset, pending, members }, listed: parts };
  } catch (error) {
    throw damaged(`its head, ${messageOf(error)}`);
  }
}

/** @throws DATA_INVALID if it is damaged */
export async function unpackSnapshot(values: SnapshotValues): Promise<Snapshot> {
  const { position, listed } = headOf(values);
  const unpacked = await Promise.all(listed.map((part) => unpackPart(values, part)));
  return { position, parts: new Map(listed.map(({ name }, i) => [name, unpacked[i] as Uint8Array])) };
}

async function unpackPart(
  values: SnapshotValues,
  { name, chunks, bytes, crc32: sum, isDeflated }: ListedParts[number],
): Promise<Uint8Array> {
  const packed: Buffer[] = [];
  for (let i = 0; i < chunks && packed.length === i; i += 1) {
    const chunk = values.get(`${name}#${i}`);
    if (chunk !== undefined) packed.push(chunk);
  }
  if (packed.length !== chunks) throw damaged(`part '${name}', which is not whole`);
  const whole = Buffer.concat(packed);
  const inflate = (): Promise<Buffer> =>
    inflated(whole, { maxOutputLength: bytes + 1 }).catch((error: unknown) => {
      throw damaged(`part '${name}', ${messageOf(error)}`);
    });
  const part = isDeflated ? await inflate() : whole;
  if (part.length !== bytes || crc32(part) !== sum) throw damaged(`part '${name}'`);
  return part;
}

function damaged(what: string): MillraceError {
  return new MillraceError('DATA_INVALID', `the snapshot of the learning loop is damaged: ${what}`, {
    remedy: 'The loop starts from the observations that the log holds.',
  });
}
