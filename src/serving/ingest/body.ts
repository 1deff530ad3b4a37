// The body of a request that brings events (control path): expanded within a bound, and UTF-8.
import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { INGEST_BODY_BYTES_MAX } from '../../core/limits.ts';
import type { HttpRequest, HttpResponse } from '../../ports/web-server.ts';
import { reply } from '../response.ts';

type Expand = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

/** By Content-Encoding (RFC 9110, section 8.4.1, and RFC 8878). */
const expanders: ReadonlyMap<string, Expand> = new Map<string, Expand>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['zstd', promisify(zstdDecompress)],
]);

/** The text of the body, or the response to one that is none. */
export async function textOf({ headers, bytes }: HttpRequest): Promise<string | HttpResponse> {
  const encoding = headers.get('content-encoding')?.toLowerCase() ?? 'identity';
  const expanded = encoding === 'identity' ? bytes : await expandedBy(encoding, bytes);
  if (!Buffer.isBuffer(expanded)) return expanded;
  if (isUtf8(expanded)) return expanded.toString('utf8');
  return reply.error(400, 'BODY_MALFORMED', 'the body is not UTF-8', 'Send JSON in UTF-8.');
}

async function expandedBy(encoding: string, bytes: Buffer): Promise<Buffer | HttpResponse> {
  const expand = expanders.get(encoding);
  if (expand === undefined) {
    const response = reply.error(
      415,
      'ENCODING_UNSUPPORTED',
      'the content encoding is not known',
      'Send the body as it is, or with Content-Encoding: gzip or zstd.',
    );
    return { ...response, headers: { ...response.headers, 'accept-encoding': 'gzip, zstd' } };
  }
  try {
    return await expand(bytes, { maxOutputLength: INGEST_BODY_BYTES_MAX });
  } catch (error) {
    if (error instanceof RangeError)
      return reply.error(
        413,
        'BODY_TOO_LARGE',
        `the body expands to more than ${INGEST_BODY_BYTES_MAX} bytes`,
        'Send fewer events a request.',
      );
    return reply.error(400, 'BODY_MALFORMED', `the body is not ${encoding}`, 'Compress the whole body.');
  }
}
