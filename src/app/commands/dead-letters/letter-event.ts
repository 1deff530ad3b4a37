// The event of a dead letter for people (control path): as the source's format decodes it, else its first bytes.
import { valueAt, type ListColumn, type RawBatch } from '../../../core/batch.ts';
import { BatchBuilder, SourceColumns } from '../../../core/batch-builder.ts';
import { ByteColumn } from '../../../core/byte-column.ts';
import { jsonNumber } from '../../../core/json-number.ts';
import type { EventDecoder, EventRow } from '../../../ports/format.ts';
import type { DeadLetterRecord } from '../../../runtime/records.ts';

/** Bytes of which the hexadecimal digits are shown. */
const HEAD_BYTES = 64;

/** One row of any event time: what was wrong with it may be its time. */
class AnyRow extends BatchBuilder {
  isAccepted = false;

  override accept(): void {
    this.isAccepted = true;
    this.endLists();
  }
}

export class LetterEvents {
  readonly #decoder: EventDecoder | null;
  readonly #columns: SourceColumns | null;

  /** @param decoder of the source; null shows bytes */
  constructor(decoder: EventDecoder | null, eventTime: string) {
    const isUsable = decoder?.schema[eventTime]?.kind === 'number';
    this.#decoder = isUsable ? decoder : null;
    this.#columns = isUsable && decoder !== null ? new SourceColumns(decoder.schema, eventTime) : null;
  }

  /** The event by column; null if its bytes do not decode. */
  async decode({
    topic,
    partition,
    offset,
    timestampMs,
    key,
    value,
  }: DeadLetterRecord): Promise<EventRow | null> {
    if (this.#decoder === null || this.#columns === null || value === null) return null;
    const raw: RawBatch = {
      origin: { topic, partition },
      count: 1,
      offsets: Float64Array.of(offset),
      timestampMs: Float64Array.of(timestampMs),
      keys: ByteColumn.of([key]),
      values: ByteColumn.of([value]),
      offsetNext: offset + 1,
      highWatermark: offset + 1,
      receivedAtMs: 0,
    };
    const row = new AnyRow(this.#columns, 0, 1, false);
    try {
      await this.#decoder.prepare?.(raw);
      this.#decoder.decode(raw, 0, 1, row);
    } catch {
      return null; // the registry is away, or the bytes are no event: they are shown as they are
    }
    return row.isAccepted ? rowOf(this.#columns, row) : null;
  }
}

function rowOf({ names, isNumber, strings, enums, listPlaces }: SourceColumns, row: BatchBuilder): EventRow {
  const entries = names.map((name, column): [string, EventRow[string]] => {
    const place = listPlaces[column] ?? null;
    if (place !== null) return [name, listOf(row.lists[column]?.column(place.position, 1))];
    if (isNumber[column] === true) return [name, jsonNumber(row.numbers[column]?.[0] ?? null)];
    const dictionary = strings[column] ?? enums[column];
    return [name, dictionary?.decode(row.codes[column]?.[0] ?? -1) ?? null];
  });
  return Object.fromEntries(entries);
}

function listOf(column: ListColumn | undefined): EventRow[string] {
  const items = column === undefined ? null : valueAt(column, 0);
  return Array.isArray(items)
    ? items.map((item) => (typeof item === 'number' ? jsonNumber(item) : item))
    : items;
}

/** `ann`, or `0x00c3…` for bytes that are no text. */
export function bytesText(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // eslint-disable-next-line no-control-regex
    if (!/[\u0000-\u0008\u000e-\u001f\u007f]/.test(text)) return text;
  } catch {
    // no UTF-8
  }
  return hexHead(bytes);
}

/** `0x0000000001…`: the first bytes. */
export function hexHead(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString('hex');
  return `0x${head}${bytes.length > HEAD_BYTES ? `… (${bytes.length} bytes)` : ''}`;
}
