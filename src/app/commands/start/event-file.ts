// Events of a file, one JSON object per line, as the producer of a topology's source (control path).
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { MillraceError, messageOf } from '../../../core/errors.ts';
import { PRODUCE_RECORDS_MAX } from '../../../core/limits.ts';
import type { RecordEncoder, SchemaCodec } from '../../../ports/codec.ts';
import type { EventLog, LogRecord } from '../../../ports/event-log.ts';
import type { Topology } from '../../../topology/define.ts';
import type { ReplaySource } from '../../compose/replay.ts';
import { type EventRow, recordKey } from './record-key.ts';

export interface EventFileOptions {
  readonly file: string;
  readonly topology: Topology;
  /** Columns of the record key; none for records without a key. */
  readonly keyColumns: readonly string[];
  readonly log: Pick<EventLog, 'publish'>;
  readonly codec: Pick<SchemaCodec, 'encoder'>;
}

export class EventFile implements ReplaySource {
  readonly #options: EventFileOptions;
  #isStopped = false;
  #line = 0;
  readonly total = null;
  readonly scheduled = null;
  eventTimeMs: number = Number.NaN;

  constructor(options: EventFileOptions) {
    this.#options = options;
  }

  /** @throws DATA_INVALID with the line for what is no event of the source */
  async run(): Promise<void> {
    const { file, topology, codec, log } = this.#options;
    const { topic, subject = `${topic}-value` } = topology.source;
    const encoder = await codec.encoder<EventRow>(subject);
    const stream = createReadStream(file);
    await once(stream, 'open').catch((cause: unknown) => {
      throw new MillraceError('DATA_INVALID', `the file of events cannot be read: ${messageOf(cause)}`, {
        where: file,
        cause,
      });
    });
    let records: LogRecord[] = [];
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      this.#line += 1;
      if (line.trim() !== '') records.push(this.#record(line, encoder));
      if (records.length >= PRODUCE_RECORDS_MAX) {
        await log.publish(topic, records);
        records = [];
      }
      if (this.#isStopped) break;
    }
    if (records.length > 0) await log.publish(topic, records);
    stream.destroy();
  }

  stop(): void {
    this.#isStopped = true;
  }

  #record(line: string, encoder: RecordEncoder<EventRow>): LogRecord {
    const { file, topology, keyColumns } = this.#options;
    const { eventTime } = topology.source;
    try {
      const row = withInstant(parseRow(line), eventTime);
      const timestampMs = Number(row[eventTime]);
      const record = { key: recordKey(row, keyColumns), value: encoder.encode(row), timestampMs };
      this.eventTimeMs = timestampMs;
      return record;
    } catch (cause) {
      throw new MillraceError('DATA_INVALID', `the line is no event of the source: ${messageOf(cause)}`, {
        where: `${file}:${this.#line}`,
        cause,
      });
    }
  }
}

function parseRow(line: string): EventRow {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('it is no JSON object');
  return value as EventRow; // an object that is no array
}

/** An event time that is written as an ISO instant becomes ms. */
function withInstant(row: EventRow, eventTime: string): EventRow {
  const at = row[eventTime];
  if (typeof at !== 'string') return row;
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) throw new TypeError(`${eventTime} is no instant: ${at}`);
  return { ...row, [eventTime]: ms };
}
