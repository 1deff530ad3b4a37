// What a connector writes instead of a value that it did not get (hot path): PostgreSQL logs a large value, kept outside its
// row (TOAST), only with a change to that value, unless the table has REPLICA IDENTITY FULL.
// Source: https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-toasted-values

const TEXT = Buffer.from('__debezium_unavailable_value');
/** Of a column of bytes. */
const BASE64 = Buffer.from(TEXT.toString('base64'));

/** Whether octets [from, to) stand for an unknown value. */
export function isPlaceholder(octets: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (length === TEXT.length) return isAt(TEXT, octets, from);
  return length === BASE64.length && isAt(BASE64, octets, from);
}

function isAt(text: Buffer, octets: Uint8Array, from: number): boolean {
  for (let i = 0; i < text.length; i++) if (octets[from + i] !== text[i]) return false;
  return true;
}

export function isPlaceholderText(value: string): boolean {
  const bytes = value.startsWith('_') || value.startsWith('X') ? Buffer.from(value) : null;
  return bytes !== null && isPlaceholder(bytes, 0, bytes.length);
}
