// Routes requests (control path): exact segments and `:name` segments, nothing more.
import { MillraceError, messageOf } from '../core/errors.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../ports/web-server.ts';
import { problem } from './response.ts';

export type RouteHandler = (
  request: HttpRequest,
  params: Readonly<Record<string, string>>,
) => HttpResponse | Promise<HttpResponse>;

export interface Route {
  readonly method: 'GET' | 'POST';
  /** `/api/features/:topology/:key`. */
  readonly path: string;
  readonly handler: RouteHandler;
}

/** Answers 404 and 405 itself, and turns a MillraceError of a handler into a JSON problem. Never rejects. */
export function router(routes: readonly Route[], telemetry: Telemetry): HttpHandler {
  const table = routes.map((route) => ({ ...route, segments: route.path.split('/') }));
  return async (request) => {
    const segments = request.path.split('/');
    const found = table.filter((route) => matches(route.segments, segments));
    const route = found.find(({ method }) => method === request.method);
    const response = await respond(route, found, segments, request);
    const labels = { route: route?.path ?? 'none', status: String(response.status) };
    telemetry.count('http_requests_total', 1, labels);
    return response;
  };
}

type Entry = Route & { readonly segments: readonly string[] };

async function respond(
  route: Entry | undefined,
  found: readonly Entry[],
  segments: readonly string[],
  request: HttpRequest,
): Promise<HttpResponse> {
  if (route === undefined) {
    if (found.length === 0)
      return problem(404, 'NOT_FOUND', `nothing is at ${request.path}`, 'See the README for the routes.');
    const allow = found.map(({ method }) => method).join(', ');
    const answer = problem(
      405,
      'METHOD_NOT_ALLOWED',
      `${request.path} takes no ${request.method}`,
      `Use ${allow}.`,
    );
    return { ...answer, headers: { ...answer.headers, allow } };
  }
  try {
    return await route.handler(request, paramsOf(route.segments, segments));
  } catch (error) {
    if (error instanceof URIError)
      return problem(400, 'PATH_MALFORMED', 'the path is not percent-encoded', 'Encode it.');
    if (error instanceof MillraceError) {
      return problem(statusOf(error), error.code, error.message, error.remedy ?? '');
    }
    return problem(500, 'INTERNAL', messageOf(error), 'See the log of the process.');
  }
}

function statusOf(error: MillraceError): number {
  if (error.code === 'MODEL_UNKNOWN') return 404;
  if (error.code === 'CONFIG_INVALID') return 400;
  return error.code.endsWith('_UNAVAILABLE') ? 503 : 500;
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
