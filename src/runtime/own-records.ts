// Records of Millrace's own topics, read as if a stranger had written them (control path): anyone who may write to a topic
// can put anything there, and it must neither end a process nor be taken for what it is not.
import type { RawBatch } from '../core/batch.ts';
import { isCode, messageOf } from '../core/errors.ts';
import { isEnvironmentFault } from '../core/faults.ts';
import { partitionName } from '../core/topic-partition.ts';
import type { RecordDecoder } from '../ports/codec.ts';
import type { Quarantine, RecordFault } from '../ports/quarantine.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { RESTART_WAITS, retriesWhile } from '../resilience/retries.ts';

/** What is wrong with a record that has decoded; null if an engine can have written it. */
export type RecordCheck<T> = (record: T) => RecordFault | null;

export class OwnRecords<T> {
  readonly #decoder: RecordDecoder<T>;
  readonly #check: RecordCheck<T>;
  readonly #quarantine: Quarantine;

  constructor(decoder: RecordDecoder<T>, check: RecordCheck<T>, quarantine: Quarantine) {
    this.#decoder = decoder;
    this.#check = check;
    this.#quarantine = quarantine;
  }

  /**
   * The record of a row; null for one without a value, and for one that is quarantined.
   * @throws what says nothing about the record: the registry is away, or denies access
   */
  async read(raw: RawBatch, row: number): Promise<T | null> {
    const value = raw.values.at(row);
    if (value === null) return null;
    let record: T;
    try {
      record = await this.#decoder.decode(value);
    } catch (error) {
      if (isEnvironmentFault(error) || isCode(error, 'REGISTRY_FAILED')) throw error;
      const isUnknown = isCode(error, 'SCHEMA_UNKNOWN') || isCode(error, 'SCHEMA_INVALID');
      this.refuse(raw, row, { reason: isUnknown ? 'version' : 'malformed', detail: messageOf(error) });
      return null;
    }
    const fault = this.#check(record);
    if (fault === null) return record;
    this.refuse(raw, row, fault);
    return null;
  }

  /** The same for a follower of a topic, which must miss no record: while its schema cannot be had, it waits. */
  async follow(raw: RawBatch, row: number, telemetry: Pick<Telemetry, 'raise' | 'clear'>): Promise<T | null> {
    const where = partitionName(raw.origin);
    const policy = retriesWhile(isEnvironmentFault, RESTART_WAITS, (error) =>
      telemetry.raise('registry_unavailable', where, error.message),
    );
    const record = await policy.execute(() => this.read(raw, row));
    telemetry.clear('registry_unavailable', where);
    return record;
  }

  /** Quarantines the record of a row. */
  refuse(raw: RawBatch, row: number, fault: RecordFault): void {
    quarantineRow(this.#quarantine, raw, row, fault);
  }
}

export function quarantineRow(
  quarantine: Quarantine,
  { origin, offsets, values }: RawBatch,
  row: number,
  fault: RecordFault,
): void {
  const { topic, partition } = origin;
  quarantine.add({ topic, partition, offset: offsets[row] as number, value: values.at(row), ...fault });
}

/** For a topic that engines write in transactions alone: another record is none of theirs, whatever it says. */
export function untransactedFault({ offsets, untransacted = [] }: RawBatch, row: number): RecordFault | null {
  const at = offsets[row] as number;
  if (!untransacted.some(([from, to]) => at >= from && at < to)) return null;
  return { reason: 'foreign', detail: 'it was not written in a transaction' };
}

/** For a number, a time or a name that no engine writes. */
export function outOfRange(detail: string): RecordFault {
  return { reason: 'range', detail };
}

/** For records whose schema says all that can be wrong. */
export function unchecked(): null {
  return null;
}
