// Declares a REST route (control path): one value, from which routing, authorization and the documentation follow.
import type { Declares } from '../core/declares.ts';
import type { Access } from '../core/roles.ts';
import type { Route, RouteContext, RouteDescription, RouteRequest } from '../ports/route.ts';
import type { HttpResponse } from '../ports/web-server.ts';
import { requiredBy } from './access/table.ts';

/** The names in a path: `topology` and `key` of `/api/features/:topology/:key`. */
type ParamsOf<P extends string> = P extends `${string}:${infer N}/${infer Rest}`
  ? N | ParamsOf<`/${Rest}`>
  : P extends `${string}:${infer N}`
    ? N
    : never;

interface Declaration<P extends string, C> extends Omit<RouteDescription, 'path' | 'access'>, Declares {
  readonly path: P;
  handler(request: RouteRequest<ParamsOf<P>>, context: C): HttpResponse | Promise<HttpResponse>;
}

export interface RouteDeclaration<P extends string, C> extends Declaration<P, C> {
  /** The role that callers need: by default `subscriber` for GET, and `operator` for the methods that change something. */
  readonly access?: Access;
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
  return {
    ...declaration,
    access: declaration.access ?? (declaration.method === 'GET' ? 'subscriber' : 'operator'),
  };
}

/** The same for the engine's own routes: over another context, and with the access of the table. */
export function routeWith<const P extends string, C>(declaration: Declaration<P, C>): Route<C> {
  const { method, path } = declaration;
  return { ...declaration, access: requiredBy('routes', `${method} ${path}`) };
}
