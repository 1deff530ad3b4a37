// Models over REST (control path).
import type { Route } from '../../ports/route.ts';
import type { HttpRequest } from '../../ports/web-server.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { ServingContext } from '../serving-context.ts';

const REMEDY = 'Send {"topology": "flights", "version": "3"}; a rollback takes no version.';

function fieldsOf(request: HttpRequest): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(request.body);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

const list = routeWith({
  method: 'GET',
  path: '/api/models',
  description: 'The manifests of all versions, oldest first, without their drift reference.',
  parameters: { topology: 'name of the topology; by default the one that runs here' },
  responses: { 200: '`{"models": [manifest]}`' },
  async handler({ query }, { topology, models: commands }: ServingContext) {
    const manifests = await commands.list(query.get('topology') ?? topology);
    // The drift reference is hundreds of kilobytes of samples that only the engine uses.
    const models = manifests.map((manifest) => ({ ...manifest, reference: undefined }));
    return reply.json(200, { models });
  },
});

const promote = routeWith({
  method: 'POST',
  path: '/api/models/promote',
  access: 'token',
  description: 'Makes a version the champion. Every engine of the topology takes it at its next barrier.',
  body: '`{"topology", "version"}`; the topology is by default the one that runs here',
  responses: {
    200: '`{"topology", "champion"}`',
    400: '`BODY_MALFORMED`: the body is not JSON, or names no version',
    404: '`MODEL_UNKNOWN`: the registry does not have the version',
  },
  async handler(request, context: ServingContext) {
    const { topology = context.topology, version } = fieldsOf(request) ?? {};
    if (typeof topology !== 'string' || typeof version !== 'string')
      return reply.error(400, 'BODY_MALFORMED', 'the body names no version', REMEDY);
    return reply.json(200, { topology, champion: await context.models.promote(topology, version) });
  },
});

const rollback = routeWith({
  method: 'POST',
  path: '/api/models/rollback',
  access: 'token',
  description: 'Makes the previous champion the champion again.',
  body: '`{"topology"}`, or nothing for the topology that runs here',
  responses: {
    200: '`{"topology", "champion"}`',
    400: '`BODY_MALFORMED`: the body is not JSON',
    404: '`MODEL_UNKNOWN`: there was no champion before',
  },
  async handler(request, context: ServingContext) {
    const fields = request.body === '' ? {} : (fieldsOf(request) ?? { topology: null });
    const { topology = context.topology }: Record<string, unknown> = fields;
    if (typeof topology !== 'string')
      return reply.error(400, 'BODY_MALFORMED', 'the body is not JSON', REMEDY);
    return reply.json(200, { topology, champion: await context.models.rollback(topology) });
  },
});

export const modelRoutes: ReadonlyArray<Route<ServingContext>> = [list, promote, rollback];
