// Events over HTTP (control path): a request brings events of the source, and is answered when the log has them.
import { createHash } from 'node:crypto';
import type { MillraceError } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import { INGEST_BODY_BYTES_MAX, INGEST_KEY_CHARS_MAX, INGEST_ROWS_MAX } from '../../core/port-limits.ts';
import type { Idempotency, IngestResult } from '../../ports/ingest.ts';
import type { Route, RouteRequest } from '../../ports/route.ts';
import type { HttpResponse } from '../../ports/web-server.ts';
import { textOf } from '../ingest/body.ts';
import { envelopeHeaders } from '../ingest/cloud-events.ts';
import { MalformedBody, mediaTypes, rowsOf } from '../ingest/rows.ts';
import { mediaType } from '../media-type.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { ServingContext } from '../serving-context.ts';

/** Printable ASCII; a quoted string, as the draft has it, stands for its contents. */
const KEY = /^(?:"([\x20-\x21\x23-\x7E]+)"|([\x21\x23-\x7E][\x20-\x7E]*))$/;

async function post(request: RouteRequest<'topic'>, { ingest }: ServingContext): Promise<HttpResponse> {
  const { params, query, headers, bytes } = request;
  if (ingest === null)
    return reply.error(
      404,
      'TOPIC_UNKNOWN',
      'this process takes no events: it replays a file',
      'Send them to a process of millrace run.',
    );
  if (params.topic !== ingest.topic)
    return reply.error(
      404,
      'TOPIC_UNKNOWN',
      'no topology here reads events from this topic',
      `Send them to ${ingest.topic}.`,
    );
  const partial = query.get('partial') ?? 'false';
  if (partial !== 'true' && partial !== 'false')
    return reply.error(
      400,
      'PARTIAL_MALFORMED',
      'partial is neither true nor false',
      'Leave it out, or send true.',
    );
  const idempotency = idempotencyOf(request, partial);
  if (idempotency !== null && 'status' in idempotency) return idempotency;
  const text = await textOf(request);
  if (typeof text !== 'string') return text;
  const rows = rowsOf(mediaType(headers.get('content-type') ?? '') ?? '', text, headers);
  try {
    const sent = {
      rows,
      bytes: Math.max(text.length, bytes.length),
      partial: partial === 'true',
      idempotency,
    };
    return answerOf(ingest.topic, await ingest.write(sent));
  } catch (error) {
    if (error instanceof MalformedBody) return reply.error(400, 'BODY_MALFORMED', error.message, BODY_REMEDY);
    if (isEnvironmentFault(error)) return notTaken(error, idempotency !== null);
    throw error;
  }
}

const BODY_REMEDY =
  'Send an event as a JSON object, an array of them, or one a line as application/x-ndjson.';

/** The header of draft-ietf-httpapi-idempotency-key-header; null without one. */
function idempotencyOf({ headers, bytes }: RouteRequest, partial: string): Idempotency | HttpResponse | null {
  const sent = headers.get('idempotency-key');
  if (sent === undefined) return null;
  const [, quoted, bare] = KEY.exec(sent) ?? [];
  const key = quoted ?? bare;
  if (key === undefined || key.length > INGEST_KEY_CHARS_MAX)
    return reply.error(
      400,
      'IDEMPOTENCY_KEY_MALFORMED',
      'the idempotency key is malformed',
      `Send 1 to ${INGEST_KEY_CHARS_MAX} printable ASCII characters, such as a UUID.`,
    );
  const digest = createHash('sha256').update(`${headers.get('content-type') ?? ''}\n${partial}\n`);
  for (const name of envelopeHeaders) digest.update(`${headers.get(name) ?? ''}\n`);
  digest.update(bytes);
  return { key, digest: digest.digest('base64url') };
}

function answerOf(topic: string, result: IngestResult): HttpResponse {
  const { outcome, accepted, rejected, faults, written, repeated } = result;
  if (outcome === 'conflict')
    return reply.error(
      422,
      'IDEMPOTENCY_KEY_REUSED',
      'the idempotency key was sent with another request',
      'Send a new key with each new request.',
    );
  if (outcome === 'too_many')
    return reply.error(
      413,
      'ROWS_TOO_MANY',
      `the request has more than ${INGEST_ROWS_MAX} events; none is in the log`,
      `Send at most ${INGEST_ROWS_MAX} events a request.`,
    );
  if (outcome === 'replaying')
    return later(
      reply.error(
        503,
        'REPLAYING',
        'the file of events is still being replayed',
        'Send the events once it has been; none is in the log.',
      ),
    );
  if (outcome === 'refused') return refused(rejected, faults);
  const errors = rejected === 0 ? {} : { rejected, errors: faults };
  const response = reply.json(rejected === 0 ? 200 : 207, {
    topic,
    accepted,
    partitions: written,
    ...errors,
  });
  return repeated
    ? { ...response, headers: { ...response.headers, 'idempotent-replayed': 'true' } }
    : response;
}

function refused(rejected: number, errors: IngestResult['faults']): HttpResponse {
  const error = {
    code: 'ROWS_INVALID',
    message: `${rejected} of the rows ${rejected === 1 ? 'is no event' : 'are no events'} of the source; none is in the log`,
    remedy: 'Correct them, or send ?partial=true to have the other rows accepted.',
    rejected,
    errors,
  };
  return reply.json(400, { error });
}

/** Nothing says whether the log has the rows: a repetition with an idempotency key finds out. */
function notTaken(error: MillraceError, isKeyed: boolean): HttpResponse {
  const remedy = isKeyed
    ? 'Send the request again with the same Idempotency-Key.'
    : 'Send it again; the log may have the rows already, which an Idempotency-Key would tell.';
  return later(reply.error(503, error.code, error.what, remedy));
}

function later(response: HttpResponse): HttpResponse {
  return { ...response, headers: { ...response.headers, 'retry-after': '1' } };
}

export const ingestRoutes: ReadonlyArray<Route<ServingContext>> = [
  routeWith({
    method: 'POST',
    path: '/v1/topics/:topic',
    description:
      'Writes events to the source of the topology, each checked against its columns, and answers when the log has them: all of a request in one transaction. See [Send events](../guide/events.md).',
    parameters: {
      topic: 'topic of the source',
      partial:
        '`true` accepts the good rows of a request that has others; by default all rows are accepted or none',
    },
    body: 'an event as a JSON object, an array of them, one a line (`application/x-ndjson`), or CloudEvents: structured, a batch, or with `ce-` headers; at most 16 MiB and 100,000 events of 2 MiB, as sent and, with `Content-Encoding: gzip` or `zstd`, expanded. The header `Idempotency-Key` makes a repetition safe',
    mediaTypes,
    bodyBytesMax: INGEST_BODY_BYTES_MAX,
    responses: {
      200: '`{"topic", "accepted", "partitions": [{"partition", "rows", "firstOffset", "lastOffset"}]}`: the log has the rows. `idempotent-replayed: true` says that it had them before; the offsets may then be null',
      207: 'the same with `"rejected"` and `"errors"`: with `partial=true`, some rows were not accepted',
      400: '`ROWS_INVALID`: `"errors": [{"row", "line", "column", "reason"}]` lists the first 100 rows that are no events; none is in the log. `BODY_MALFORMED`: the body is not of its type',
      404: '`TOPIC_UNKNOWN`: the topic is not the source of the topology',
      413: '`BODY_TOO_LARGE` or `ROWS_TOO_MANY`',
      415: '`MEDIA_TYPE_UNSUPPORTED` or `ENCODING_UNSUPPORTED`',
      422: '`IDEMPOTENCY_KEY_REUSED`: the key was sent with another body',
      429: 'too many requests, or bytes under way: wait as long as `Retry-After` says',
      503: '`REPLAYING`: `millrace start` still replays its file; or the log does not take events now, and may have the rows or not: send the request again, with its `Idempotency-Key`, after `Retry-After`',
    },
    handler: post,
  }),
];
