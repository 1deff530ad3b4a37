// The record of an idempotency key in the topic TOPOLOGY.ingested (control path): JSON under the key, read as if a stranger
// had written it.
import { decodeJsonRecord, encodeJsonRecord } from '../../core/json-record.ts';
import { PARTITIONS_MAX } from '../../core/topology-limits.ts';
import { INGEST_KEY_CHARS_MAX, INGEST_KEY_RECORD_BYTES_MAX } from '../../core/port-limits.ts';
import type { WrittenRows } from '../../ports/ingest.ts';
import type { RecordFault } from '../../ports/quarantine.ts';

export interface KeyRecord {
  /** Digest of the request. */
  readonly digest: string;
  /** Without offsets, which are known when the record is in the log as well. */
  readonly written: readonly WrittenRows[];
}

/** The form of the record: another one is not read. */
const VERSION = 1;

export function encodeKeyRecord({ digest, written }: KeyRecord): Buffer {
  const parts = written.map(({ partition, rows }) => [partition, rows]);
  return encodeJsonRecord(VERSION, { digest, parts });
}

/** Never throws. */
export function decodeKeyRecord(key: string, value: Buffer): KeyRecord | RecordFault {
  if (key.length > INGEST_KEY_CHARS_MAX)
    return { reason: 'too_large', detail: `its key has more than ${INGEST_KEY_CHARS_MAX} characters` };
  const decoded = decodeJsonRecord(VERSION, value, INGEST_KEY_RECORD_BYTES_MAX);
  if ('reason' in decoded) return decoded;
  const { digest, parts } = decoded.fields;
  if (typeof digest !== 'string' || digest.length > 100 || !Array.isArray(parts) || !parts.every(isPart))
    return { reason: 'malformed', detail: 'it has no digest, or no rows by partition' };
  const written = parts.map(([partition, rows]) => ({
    partition,
    rows,
    firstOffset: null,
    lastOffset: null,
  }));
  return { digest, written };
}

function isPart(part: unknown): part is [partition: number, rows: number] {
  return (
    Array.isArray(part) &&
    part.length === 2 &&
    part.every((count) => Number.isSafeInteger(count) && count >= 0) &&
    part[0] < PARTITIONS_MAX
  );
}
