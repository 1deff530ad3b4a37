// JSON whose integers keep all their digits (control path): those beyond 2^53 are bigints. JSON.parse alone rounds them, and an
// id or nanoseconds of a producer that writes them as numbers would be another one.

/** May be a number of 16 digits from 9 on, or of more: text without one is parsed as fast as ever. */
const WIDE = /(?:^|[:,[\s-])(?:9\d{15}|[1-9]\d{16})/;
const INTEGER = /^-?\d+$/;

/** @throws SyntaxError as JSON.parse does */
export function parseWideJson(text: string): unknown {
  return WIDE.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

/** @param context has the text of a value that is no object (ECMAScript proposal "JSON.parse source text access", stage 4) */
function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return INTEGER.test(source) ? BigInt(source) : value;
}
