// The log record of an event whose producer is a file (control path).
import { isEventTime } from '../../core/time.ts';
import type { LogRecord } from '../../ports/event-log.ts';
import type { EventEncoder, EventRow } from '../../ports/format.ts';
import { recordKey } from './record-key.ts';

/** Kafka's timestamp of a record that has none. */
export const NO_TIMESTAMP = -1;

export interface RecordForm {
  readonly encoder: EventEncoder;
  /** Columns of the record's key. */
  readonly keyColumns: readonly string[];
  /** The column that holds the event time, ms. */
  readonly eventTime: string;
}

/** Its timestamp is the event time; NO_TIMESTAMP if that is no instant: the engine sets the event aside. */
export function eventRecord(row: EventRow, { encoder, keyColumns, eventTime }: RecordForm): LogRecord {
  return {
    key: recordKey(row, keyColumns),
    value: encoder.encode(row),
    timestampMs: recordTimeOf(row[eventTime]),
  };
}

function recordTimeOf(eventTime: EventRow[string] | undefined): number {
  const timeMs = typeof eventTime === 'number' ? Math.floor(eventTime) : Number.NaN;
  return isEventTime(timeMs) ? timeMs : NO_TIMESTAMP;
}
