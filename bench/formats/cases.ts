// The standard job's events in each format, and how each is decoded (control path).
import { avro } from '../../src/adapters/avro/format.ts';
import { json } from '../../src/adapters/json/format.ts';
import { BATCH_ROWS_MAX } from '../../src/core/event-limits.ts';
import type { Format } from '../../src/index.ts';
import { SourceDecoder, type DecodedBatch } from '../../src/runtime/task/source-decoder.ts';
import { SourceFormat } from '../../src/topology/source-format.ts';
import { openCodec } from '../jobs/codec.ts';
import { rawOf } from '../jobs/raw.ts';
import { encodedTicks, tickMessages, tickSource } from '../jobs/standard.ts';
import { parsedJson } from './parsed-json.ts';

/** By name: the format that the records are written in, and the one that reads them. */
const FORMATS: Readonly<Record<string, readonly [written: () => Format, read: () => Format]>> = {
  avro: [avro, avro],
  protobuf: [tickMessages, tickMessages],
  json: [json, json],
  'JSON.parse': [json, parsedJson],
};

export const formatNames: readonly string[] = Object.keys(FORMATS);

export const ROWS: number = BATCH_ROWS_MAX;

export interface FormatCase {
  readonly bytesPerEvent: number;
  decode(): DecodedBatch;
}

/** A full batch of the events. */
export async function formatCase(name: string): Promise<FormatCase> {
  const [written, read] = FORMATS[name] ?? [];
  if (written === undefined || read === undefined) throw new Error(`no format is called ${name}`);
  const { schemas } = await openCodec('ticks-value');
  const opened = (format: Format): SourceFormat => new SourceFormat(tickSource(format), schemas, avro());
  const records = encodedTicks(await opened(written()).encoder(), ROWS);
  const raw = rawOf('ticks', records);
  const decoder = new SourceDecoder(await opened(read()).decoder(), 'time', 'ticks');
  await decoder.prepare(raw);
  return { bytesPerEvent: raw.values.byteLength / ROWS, decode: () => decoder.decode(raw, 0, ROWS) };
}
