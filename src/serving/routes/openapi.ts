// The routes as an OpenAPI document (control path): those of the engine and those of the project.
import type { RouteDescription, Route } from '../../ports/route.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { ServingContext } from '../serving-context.ts';

interface Operation {
  readonly description: string;
  readonly parameters: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
  readonly security: readonly object[];
}

/** `/api/features/{topology}/{key}`. */
function templateOf(path: string): string {
  return path.replaceAll(/:([^/]+)/g, '{$1}');
}

function parametersOf({ path, parameters = {} }: RouteDescription): object[] {
  const inPath = path.split('/').flatMap((part) => (part.startsWith(':') ? [part.slice(1)] : []));
  const names = new Set([...inPath, ...Object.keys(parameters)]);
  return [...names].map((name) => ({
    name,
    in: inPath.includes(name) ? 'path' : 'query',
    required: inPath.includes(name),
    schema: { type: 'string' },
    ...(parameters[name] === undefined ? {} : { description: parameters[name] }),
  }));
}

function operationOf(route: RouteDescription): Operation {
  const {
    description,
    body,
    mediaTypes = ['application/json'],
    responses = { 200: 'success' },
    access,
  } = route;
  return {
    description,
    parameters: parametersOf(route),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            description: body,
            content: Object.fromEntries(mediaTypes.map((type) => [type, {}])),
          },
        }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, text]) => [status, { description: text }]),
    ),
    security: access === 'open' ? [] : [{ bearer: [] }],
  };
}

/** An OpenAPI 3.1 document. */
export function openApiOf(topology: string, routes: readonly RouteDescription[]): object {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const operations = (paths[templateOf(route.path)] ??= {});
    operations[route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: `Millrace: ${topology}`, version: '1' },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    paths,
  };
}

/** Describes `others` and itself, and the project's routes. */
export function openApiRoute(others: readonly RouteDescription[]): Route<ServingContext> {
  const self: Route<ServingContext> = routeWith({
    method: 'GET',
    path: '/api/openapi.json',
    description: 'These routes, and those of the project, as an OpenAPI 3.1 document.',
    responses: { 200: 'JSON' },
    handler: (_request, { topology, projectRoutes }: ServingContext) =>
      reply.json(200, openApiOf(topology, [...others, self, ...projectRoutes])),
  });
  return self;
}
