// Numbers in JSON for people and applications (control path). core/exact-json.ts is for what is read back.

/** JSON has no infinities: they are the strings `Infinity` and `-Infinity`. A missing value, NaN, is null. */
export function jsonNumber(value: number | null): number | string | null {
  if (value === null || Number.isNaN(value)) return null;
  return Number.isFinite(value) ? value : String(value);
}
