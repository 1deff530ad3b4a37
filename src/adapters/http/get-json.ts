// A GET of a JSON object (control path): bounded, without redirects, until its signal aborts.
import { messageOf, MillraceError } from '../../core/errors.ts';
import { readBounded } from '../shared/bounded-body.ts';

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/** No JSON object, or one that is too large. */
export class NoObject extends Error {}

const OK = 200;
const NOT_FOUND: readonly number[] = [404, 410];

/**
 * Null if the server says that there is no such thing.
 * @throws NoObject for a body that is no JSON object; TABLE_UNAVAILABLE for any other response or none
 */
export async function getObject(
  url: string,
  { headers, bytesMax, signal }: GetOptions,
): Promise<object | null> {
  const where = new URL(url).origin;
  const failed = (what: string, cause?: unknown): MillraceError =>
    new MillraceError('TABLE_UNAVAILABLE', what, { where, cause });
  let bytes: Buffer | null;
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json', ...headers },
      redirect: 'error',
      signal,
    });
    const { status, body } = response;
    if (status !== OK) {
      await body?.cancel();
      if (NOT_FOUND.includes(status)) return null;
      throw failed(`the server answers ${status}`);
    }
    bytes = await readBounded(body ?? [], bytesMax);
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    const { cause = error } = error as { readonly cause?: unknown }; // fetch wraps what went wrong
    throw failed(`the server does not answer: ${messageOf(cause)}`, error);
  }
  if (bytes === null) throw new NoObject(`the response has more than ${bytesMax} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new NoObject('the response is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new NoObject('the response is no JSON object');
  return value;
}
