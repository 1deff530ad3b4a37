// Routes requests (control path): a path has exact segments and `:name` segments, nothing more.
import { MillraceError, messageOf } from '../core/errors.ts';
import { isEnvironmentFault } from '../core/faults.ts';
import { HTTP_BODY_BYTES_MAX } from '../core/port-limits.ts';
import type { Route } from '../ports/route.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { CanonicalHead, HttpHandler, HttpRequest, HttpResponse } from '../ports/web-server.ts';
import type { AccessControl } from './access/access-control.ts';
import { admit, refusedUnseen } from './access/http-access.ts';
import type { ClientLimits } from './port/client-limits.ts';
import type { BodyRule } from './port/port-handler.ts';
import { mediaType } from './media-type.ts';
import { reply } from './response.ts';

export interface RouterParts<C> {
  readonly routes: ReadonlyArray<Route<C>>;
  readonly context: C;
  readonly access: AccessControl;
  readonly limits: ClientLimits;
  readonly telemetry: Telemetry;
}

interface Entry<C> {
  readonly route: Route<C>;
  readonly segments: readonly string[];
}

/** Answers 401, 404 and 405 itself, and turns an error of a handler into a JSON error. Never rejects. */
export function router<C>(parts: RouterParts<C>): HttpHandler {
  const table = tableOf(parts.routes);
  return async (request) => {
    const segments = request.path.split('/');
    const found = table.filter((entry) => matches(entry.segments, segments));
    const entry = found.find(({ route }) => route.method === request.method);
    const response =
      entry === undefined
        ? ((hasCredential(request) ? parts.limits.busy(request) : null) ?? unmatched(request, found))
        : await respond(parts, entry, segments, request);
    const labels = { route: entry?.route.path ?? 'none', status: String(response.status) };
    parts.telemetry.count('http_requests_total', 1, labels);
    return response;
  };
}

/**
 * A large body is read for a route that takes one, from a sender who may have a role that suffices. One that no route takes is
 * answered so, and not that it is too large.
 */
export function largeBodies<C>({
  routes,
  access,
  limits,
}: Pick<RouterParts<C>, 'routes' | 'access' | 'limits'>): BodyRule {
  const table = tableOf(routes);
  return (head) => {
    const segments = head.path.split('/');
    const found = table.filter((entry) => matches(entry.segments, segments));
    const entry = found.find(({ route }) => route.method === head.method);
    if (entry === undefined) {
      const isLarge = Number(head.headers.get('content-length')) > HTTP_BODY_BYTES_MAX;
      return isLarge ? ((hasCredential(head) ? limits.busy(head) : null) ?? unmatched(head, found)) : null;
    }
    const { bodyBytesMax } = entry.route;
    return bodyBytesMax === undefined
      ? null
      : (refusedUnseen(access, head, entry.route.access) ?? bodyBytesMax);
  };
}

function tableOf<C>(routes: ReadonlyArray<Route<C>>): ReadonlyArray<Entry<C>> {
  return routes.map((route) => ({ route, segments: route.path.split('/') }));
}

function unmatched<C>({ path, method }: CanonicalHead, found: ReadonlyArray<Entry<C>>): HttpResponse {
  // An encoded separator is data of a parameter; anywhere else, something else may take it for a separator.
  if (found.length === 0 && /%(?:2F|5C)/.test(path))
    return reply.error(400, 'REQUEST_MALFORMED', 'the path has an encoded separator', 'Send / as it is.');
  if (found.length === 0)
    return reply.error(
      404,
      'NOT_FOUND',
      `no route matches ${path}`,
      'GET /api/openapi.json lists the routes.',
    );
  const allow = found.map(({ route }) => route.method).join(', ');
  const response = reply.error(
    405,
    'METHOD_NOT_ALLOWED',
    `${path} does not accept ${method}`,
    `Use ${allow}.`,
  );
  return { ...response, headers: { ...response.headers, allow } };
}

async function respond<C>(
  { context, access, limits, telemetry }: RouterParts<C>,
  { route, segments: pattern }: Entry<C>,
  segments: readonly string[],
  request: HttpRequest,
): Promise<HttpResponse> {
  try {
    const { caller, refusal } = await admit(access, request, route.access);
    const busy = hasCredential(request) ? limits.busyCaller(caller, request) : null;
    if (busy !== null) return busy;
    if (caller === null) return refusal;
    if (route.method !== 'GET' && !isOfType(request, route.mediaTypes)) return unsupported(route.mediaTypes);
    return await route.handler({ ...request, caller, params: paramsOf(pattern, segments) }, context);
  } catch (error) {
    // No caller was authenticated, or the handler failed: both count against the address.
    const busy = hasCredential(request) ? limits.busy(request) : null;
    if (busy !== null) return busy;
    if (error instanceof MillraceError)
      return reply.error(statusOf(error), error.code, error.message, error.remedy ?? '');
    const { stack } = error instanceof Error ? error : {};
    telemetry.error('a request failed', {
      method: request.method,
      route: route.path,
      why: messageOf(error),
      stack,
    });
    return reply.error(500, 'INTERNAL', messageOf(error), 'See the log of the process.');
  }
}

const JSON_ALONE: readonly string[] = ['application/json'];

function unsupported(types: readonly string[] = JSON_ALONE): HttpResponse {
  return reply.error(
    415,
    'MEDIA_TYPE_UNSUPPORTED',
    `the request is not of the type ${types.join(' or ')}`,
    `Send the header Content-Type: ${types[0] ?? ''}.`,
  );
}

/** Requests without one were counted against their address when they came. */
function hasCredential({ headers }: CanonicalHead): boolean {
  return headers.has('authorization');
}

/** Also without a body: a form or a page of another origin cannot send these types unasked. */
function isOfType({ headers }: HttpRequest, types: readonly string[] = JSON_ALONE): boolean {
  const type = mediaType(headers.get('content-type') ?? '');
  return type !== null && types.includes(type);
}

function statusOf(error: MillraceError): number {
  if (error.code === 'MODEL_UNKNOWN') return 404;
  if (error.code === 'CONFIG_INVALID') return 400;
  if (error.code === 'MODEL_INVALID') return 409;
  return isEnvironmentFault(error) ? 503 : 500;
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, i) => (part.startsWith(':') ? segments[i] !== '' : part === segments[i]))
  );
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [i, part] of pattern.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(segments[i] as string);
  }
  return params;
}
