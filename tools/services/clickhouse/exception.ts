/** ClickHouse's errors as its HTTP interface shows them. Control path. */

/** An error with ClickHouse's number and text, from the engine or from the front itself. */
export class ClickHouseException extends Error {
  readonly code: number;

  constructor(code: number, type: string, message: string) {
    super(`Code: ${code}. DB::Exception: ${message} (${type})`);
    this.code = code;
  }
}

/** Code of an exception that isn't ClickHouse's own: LOGICAL_ERROR. */
const CODE_UNKNOWN = 49;

/**
 * HTTP status by error code, after exceptionCodeToHTTPStatus in ClickHouse's src/Server/HTTP: bad input 400,
 * unknown names 404, what isn't there 501, everything else 500.
 */
const STATUS = new Map<number, number>([
  ...[6, 25, 26, 27, 36, 38, 41, 43, 53, 62, 69, 72, 117, 130, 131].map((code): [number, number] => [
    code,
    400,
  ]),
  ...[46, 47, 50, 56, 60, 63, 73, 81, 115].map((code): [number, number] => [code, 404]),
  [48, 501],
  [159, 408],
  [223, 413],
]);

/** The HTTP answer to an error: status, ClickHouse's code and the exception's text. */
export function describeError(error: unknown): { status: number; code: number; text: string } {
  const message = error instanceof Error ? error.message : String(error);
  const numbered = /Code: (\d+)\./.exec(message);
  const code = numbered === null ? CODE_UNKNOWN : Number(numbered[1]);
  const text =
    numbered === null ? `Code: ${CODE_UNKNOWN}. DB::Exception: ${message} (LOGICAL_ERROR)` : message;
  return { status: STATUS.get(code) ?? 500, code, text: `${text}\n` };
}
