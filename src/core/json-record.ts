// JSON records of the engine's own topics, read as if a stranger had written them (control path).

/** Why bytes are no record of a version. */
interface JsonRecordFault {
  readonly reason: 'malformed' | 'version' | 'too_large';
  readonly detail: string;
}

/** @param version of the record's form: another one is not read */
export function encodeJsonRecord(version: number, record: object): Buffer {
  return Buffer.from(JSON.stringify({ v: version, ...record }));
}

/** The fields, which are still to be checked, or the reason why there are none. Never throws. */
export function decodeJsonRecord(
  version: number,
  value: Buffer,
  bytesMax: number,
): { readonly fields: Readonly<Record<string, unknown>> } | JsonRecordFault {
  if (value.length > bytesMax) return { reason: 'too_large', detail: `it has more than ${bytesMax} bytes` };
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return { reason: 'malformed', detail: 'it is not JSON' };
  }
  if (typeof parsed !== 'object' || parsed === null)
    return { reason: 'malformed', detail: 'it is no object' };
  const fields: Record<string, unknown> = { ...parsed };
  return fields['v'] === version ? { fields } : { reason: 'version', detail: 'it is of another version' };
}
