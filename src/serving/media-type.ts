// The media type of a request (control path).

/** The type of a Content-Type header, in lower case; null if it has another parameter than the charset UTF-8. */
export function mediaType(header: string): string | null {
  return /^([^;\s]+) *(?:; *charset="?utf-8"? *)?$/i.exec(header)?.[1]?.toLowerCase() ?? null;
}
