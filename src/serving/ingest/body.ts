// The body of a request that brings events (control path): expanded within the bounds of one body and of all, and UTF-8.
import { isUtf8 } from 'node:buffer';
import type { Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import {
  INGEST_BODY_BYTES_MAX,
  INGEST_BODY_FRAMES_MAX,
  INGEST_SMALL_BYTES_MAX,
} from '../../core/port-limits.ts';
import { createZstdExpander } from '../../core/zstd-frames.ts';
import type { HttpRequest, HttpResponse } from '../../ports/web-server.ts';
import { reply } from '../response.ts';

const PIECE = { chunkSize: INGEST_SMALL_BYTES_MAX };

/** By Content-Encoding (RFC 9110, section 8.4.1, and RFC 8878). */
const expanders: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ['gzip', () => createGunzip(PIECE)],
  ['x-gzip', () => createGunzip(PIECE)],
  ['zstd', () => createZstdExpander({ ...PIECE, framesMax: INGEST_BODY_FRAMES_MAX })],
]);

/** The text of the body, or the response to one that is none. */
export async function textOf(request: HttpRequest): Promise<string | HttpResponse> {
  const encoding = request.headers.get('content-encoding')?.toLowerCase() ?? 'identity';
  const expanded = encoding === 'identity' ? request.bytes : await expandedBy(encoding, request);
  if (!Buffer.isBuffer(expanded)) return expanded;
  if (isUtf8(expanded)) return expanded.toString('utf8');
  return reply.error(400, 'BODY_MALFORMED', 'the body is not UTF-8', 'Send JSON in UTF-8.');
}

async function expandedBy(
  encoding: string,
  { bytes, received }: HttpRequest,
): Promise<Buffer | HttpResponse> {
  const expander = expanders.get(encoding)?.();
  if (expander === undefined) {
    const response = reply.error(
      415,
      'ENCODING_UNSUPPORTED',
      'the content encoding is not known',
      'Send the body as it is, or with Content-Encoding: gzip or zstd.',
    );
    return { ...response, headers: { ...response.headers, 'accept-encoding': 'gzip, zstd' } };
  }
  const pieces: Buffer[] = [];
  let total = 0;
  try {
    expander.end(bytes);
    for await (const piece of expander as AsyncIterable<Buffer>) {
      total += piece.length;
      // What becomes of a small body counts as it comes: a thousand of them may expand at the same time.
      const refusal = total > INGEST_BODY_BYTES_MAX ? tooLarge() : received(piece.length);
      if (refusal !== null) return refusal;
      pieces.push(piece);
    }
  } catch {
    return reply.error(400, 'BODY_MALFORMED', `the body is not ${encoding}`, 'Compress the whole body.');
  }
  return Buffer.concat(pieces, total);
}

function tooLarge(): HttpResponse {
  return reply.error(
    413,
    'BODY_TOO_LARGE',
    `the body expands to more than ${INGEST_BODY_BYTES_MAX} bytes`,
    'Send fewer events a request.',
  );
}
