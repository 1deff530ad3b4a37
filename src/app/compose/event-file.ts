// Events of a file, one JSON object per line, as the producer of a topology's source (control path).
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { instantOfIso } from '../../core/instant.ts';
import { PRODUCE_RECORDS_MAX } from '../../core/log-limits.ts';
import type { Schema } from '../../core/schema.ts';
import { unknownKeys } from '../../core/unknown-keys.ts';
import type { EventLog, LogRecord } from '../../ports/event-log.ts';
import type { EventEncoder, EventRow } from '../../ports/format.ts';
import type { SourceFormat } from '../../topology/source-format.ts';
import { isSensitive } from '../../topology/sensitive-columns.ts';
import type { Topology } from '../../topology/define.ts';
import type { ReplaySource } from './replay.ts';
import { eventRecord, NO_TIMESTAMP } from './event-record.ts';
import { recordKeyOf } from './record-key.ts';

export interface EventFileOptions {
  readonly file: string;
  readonly topology: Topology;
  /** Columns of the record key; undefined for those of the topology's first view. */
  readonly key: readonly string[] | undefined;
  readonly log: Pick<EventLog, 'publish'>;
  readonly format: SourceFormat;
}

export class EventFile implements ReplaySource {
  readonly #options: EventFileOptions;
  #isStopped = false;
  #line = 0;
  readonly total = null;
  readonly scheduled = null;
  readonly #keyColumns: readonly string[];
  events = 0;
  eventTimeMs: number = Number.NaN;

  constructor(options: EventFileOptions) {
    this.#options = options;
    this.#keyColumns = options.key ?? recordKeyOf(options.topology);
  }

  /** @throws DATA_INVALID with the line for what is no event of the source */
  async run(): Promise<void> {
    const { file, topology, format, log } = this.#options;
    const { topic } = topology.source;
    const encoder = await format.encoder();
    const { schema } = await format.decoder();
    let records: LogRecord[] = [];
    const flush = async (): Promise<void> => {
      if (records.length > 0) await log.publish(topic, records);
      this.events += records.length;
      records = [];
    };
    for await (const line of linesOf(file)) {
      this.#line += 1;
      if (line.trim() !== '') records.push(this.#record(line, schema, encoder));
      if (records.length >= PRODUCE_RECORDS_MAX) await flush();
      if (this.#isStopped) break;
    }
    await flush();
  }

  stop(): void {
    this.#isStopped = true;
  }

  #record(line: string, schema: Schema, encoder: EventEncoder): LogRecord {
    const { file, topology } = this.#options;
    const { eventTime } = topology.source;
    try {
      const row = withInstant(parseRow(line, schema), eventTime);
      const record = eventRecord(row, { encoder, keyColumns: this.#keyColumns, eventTime });
      if (record.timestampMs !== NO_TIMESTAMP) this.eventTimeMs = record.timestampMs;
      return record;
    } catch (cause) {
      const where = `${file}:${this.#line}`;
      const what = 'the line is no event of the source';
      // The reason may quote the line.
      if (isSensitive(topology.source)) throw new MillraceError('DATA_INVALID', what, { where });
      throw new MillraceError('DATA_INVALID', `${what}: ${messageOf(cause)}`, { where, cause });
    }
  }
}

/** @throws DATA_INVALID if the file does not open, or reading it fails later: a folder opens like a file */
async function* linesOf(file: string): AsyncGenerator<string> {
  const stream = createReadStream(file);
  try {
    await once(stream, 'open');
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    throw new MillraceError('DATA_INVALID', `the file of events cannot be read: ${messageOf(cause)}`, {
      where: file,
      cause,
    });
  } finally {
    stream.destroy();
  }
}

function parseRow(line: string, schema: Schema): EventRow {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('it is no JSON object');
  const row: Record<string, unknown> = {};
  flatten(value, '', Object.keys(schema), row);
  const [unknown] = unknownKeys(row, Object.keys(schema), 'column');
  if (unknown !== undefined) throw new TypeError(unknown);
  return row as EventRow; // its values are checked by the encoder
}

/** Members of an object that columns are in become those columns: `{ after: { amount: 1 } }` is `after.amount`. */
function flatten(
  value: object,
  prefix: string,
  columns: readonly string[],
  row: Record<string, unknown>,
): void {
  for (const [key, inner] of Object.entries(value) as Array<[string, unknown]>) {
    const name = prefix + key;
    const holdsColumns = columns.some((column) => column.startsWith(`${name}.`));
    if (!holdsColumns || typeof inner !== 'object' || Array.isArray(inner)) row[name] = inner;
    else if (inner !== null) flatten(inner, `${name}.`, columns, row);
  }
}

/** An event time that is written as an ISO instant becomes ms. */
function withInstant(row: EventRow, eventTime: string): EventRow {
  const at = row[eventTime];
  if (typeof at !== 'string') return row;
  const ms = instantOfIso(at);
  if (Number.isNaN(ms)) throw new TypeError(`${eventTime} is no instant: ${at}`);
  return { ...row, [eventTime]: ms };
}
