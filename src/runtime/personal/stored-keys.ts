// Reads the wrapped data keys of a partition from their topic (control path), as if a stranger had written them.
import type { RecordDecoder } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import { OwnRecords, unchecked, untransactedFault } from '../own-records.ts';
import type { DataKeyRecord } from '../records.ts';
import type { OffsetRange } from '../../resilience/topic-ranges.ts';

export interface StoredKey extends DataKeyRecord {
  /** Of its record. */
  readonly offset: number;
}

export interface StoredKeys {
  /**
   * The records of a partition by their keys, the newest last. One that the master key does not open must not displace one
   * that it does, so all are kept until they are tried.
   */
  readonly records: ReadonlyMap<string, readonly StoredKey[]>;
  /** Keys whose newest record is of no engine: compaction would remove the one before it. */
  readonly displaced: ReadonlySet<string>;
}

/** @param range of the partition; undefined before the topic has it */
export async function readStoredKeys(
  log: Pick<EventLog, 'read'>,
  topic: string,
  partition: number,
  range: OffsetRange | undefined,
  decoder: RecordDecoder<DataKeyRecord>,
  quarantine: Quarantine,
): Promise<StoredKeys> {
  const stored = new Map<string, StoredKey[]>();
  const displaced = new Set<string>();
  if (range === undefined) return { records: stored, displaced };
  const own = new OwnRecords(decoder, unchecked, quarantine);
  for await (const raw of log.read(topic, partition, range.low, range.high)) {
    for (let row = 0; row < raw.count; row++) {
      const key = raw.keys.at(row)?.toString();
      if (key === undefined) {
        own.refuse(raw, row, { reason: 'malformed', detail: 'it has no key' });
        continue;
      }
      const foreign = untransactedFault(raw, row);
      if (foreign !== null) {
        own.refuse(raw, row, foreign);
        displaced.add(key);
        continue;
      }
      displaced.delete(key);
      if (raw.values.at(row) === null) {
        stored.delete(key);
        continue;
      }
      const record = await own.read(raw, row);
      if (record === null) continue;
      const found = { ...record, offset: raw.offsets[row] as number };
      const before = stored.get(key);
      if (before === undefined) stored.set(key, [found]);
      else before.push(found);
    }
  }
  return { records: stored, displaced };
}

/** Quarantines a record that the keys which it should be wrapped by do not open. */
export function refuseKeyIn(
  topic: string,
  partition: number,
  quarantine: Quarantine,
): (stored: StoredKey) => void {
  return ({ offset, wrapped }) =>
    quarantine.add({
      topic,
      partition,
      offset,
      value: wrapped,
      reason: 'foreign',
      detail: 'no key of the partition opens it',
    });
}
