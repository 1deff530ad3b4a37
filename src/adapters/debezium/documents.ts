// Changes of MongoDB, whose rows are documents in text, as the changes of a table (per record that does not decode otherwise).
// Source: https://debezium.io/documentation/reference/3.0/connectors/mongodb.html#mongodb-change-events-value
import { isUtf8 } from 'node:buffer';
import { FRAME_BYTES, GUID_FRAME_BYTES, hasGuid, schemaIdAt } from '../shared/wire-format.ts';
import { objectText, readText, type TextScanner } from './extended-json.ts';

const ROWS = ['"after"', '"before"'];
const PAYLOAD = '"payload"';

/** The record with its documents as objects of plain JSON; null if it has none. */
export function withDocuments(record: Buffer): Buffer | null {
  const frame = frameLength(record);
  const body = record.subarray(frame);
  if (!isUtf8(body)) return null;
  let isFound = false;
  const row = (scanner: TextScanner): string => {
    const raw = scanner.raw();
    const document = raw.startsWith('"') ? readText(textOf(raw), documentIn) : null;
    if (document === null) return raw;
    isFound = true;
    return document;
  };
  const envelope = (scanner: TextScanner, isOuter: boolean): string => {
    if (scanner.next() !== '{') return scanner.raw();
    return objectText(
      scanner.members((name) => {
        if (ROWS.includes(name)) return row(scanner);
        return isOuter && name === PAYLOAD ? envelope(scanner, false) : scanner.raw();
      }),
    );
  };
  const text = readText(body.toString('utf8'), (scanner) => envelope(scanner, true));
  return text === null || !isFound ? null : Buffer.concat([record.subarray(0, frame), Buffer.from(text)]);
}

function documentIn(scanner: TextScanner): string | null {
  return scanner.next() === '{' ? scanner.plain() : null;
}

/** Of a string in JSON; empty for what is none. */
function textOf(raw: string): string {
  try {
    return String(JSON.parse(raw));
  } catch {
    return '';
  }
}

function frameLength(record: Buffer): number {
  if (schemaIdAt(record, 0, record.length) >= 0) return FRAME_BYTES;
  return hasGuid(record, 0, record.length) ? GUID_FRAME_BYTES : 0;
}
