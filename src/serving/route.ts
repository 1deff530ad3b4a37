// Declares a REST route (control path): one value, from which routing, authorization and the documentation follow.
import type { Declares } from '../core/declares.ts';
import type { Route, RouteContext, RouteDescription, RouteRequest } from '../ports/route.ts';
import type { HttpResponse } from '../ports/web-server.ts';

/** The names in a path: `topology` and `key` of `/api/features/:topology/:key`. */
type ParamsOf<P extends string> = P extends `${string}:${infer N}/${infer Rest}`
  ? N | ParamsOf<`/${Rest}`>
  : P extends `${string}:${infer N}`
    ? N
    : never;

export interface RouteDeclaration<P extends string, C>
  extends Omit<RouteDescription, 'path' | 'access'>, Declares {
  readonly path: P;
  /** By default `open` for GET, and `token` for the methods that change something. */
  readonly access?: 'open' | 'token';
  handler(request: RouteRequest<ParamsOf<P>>, context: C): HttpResponse | Promise<HttpResponse>;
}

/**
 * Declares a route of a project: list it in the topology's `routes`. It is served on the engine's port, under the same
 * authorization as the engine's own routes, and it is listed by `GET /api/openapi.json`.
 * @example
 * const limits = route({
 *   method: 'GET',
 *   path: '/api/limits/:card',
 *   description: 'Features behind the limit of a card.',
 *   handler: async ({ params }, { features }) => reply.json(200, await features(`card=${params.card}`)),
 * });
 */
export function route<const P extends string>(declaration: RouteDeclaration<P, RouteContext>): Route {
  return routeWith(declaration);
}

/** The same over another context: the engine's own routes use more than a project's may. */
export function routeWith<const P extends string, C>(declaration: RouteDeclaration<P, C>): Route<C> {
  const access = declaration.access ?? (declaration.method === 'GET' ? 'open' : 'token');
  return { ...declaration, access };
}
