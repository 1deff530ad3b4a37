// Models over REST (control path).
import { PROMOTION_WAIT_MS_MAX } from '../../core/limits.ts';
import type { Route } from '../../ports/route.ts';
import type { HttpRequest, HttpResponse } from '../../ports/web-server.ts';
import { actorOf } from '../access/caller.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { Promotion, ServingContext } from '../serving-context.ts';

const REMEDY =
  'Send {"topology": "flights", "version": "v3", "waitMs": 5000}; only the version is required, and a rollback takes none.';

function fieldsOf(request: HttpRequest): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(request.body);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

const TAKEN = {
  200: '`{"topology", "champion", "outcome": "taken", "waiting": []}`: every partition scores with it',
  202: 'the same with `"outcome": "waiting"` and the partitions that have not taken it yet; they do at their next barrier',
  409: '`MODEL_INVALID`: the model cannot score the events of the topology, or an engine refused it',
};

/** Milliseconds within the bounds of the setting, or none. */
function isWait(given: unknown): given is number | undefined {
  return given === undefined || (typeof given === 'number' && given >= 0 && given <= PROMOTION_WAIT_MS_MAX);
}

function outcome(topology: string, { version, outcome, waiting }: Promotion): HttpResponse {
  return reply.json(outcome === 'waiting' ? 202 : 200, { topology, champion: version, outcome, waiting });
}

const list = routeWith({
  method: 'GET',
  path: '/api/models',
  description: 'The manifests of all versions, oldest first, without their drift reference.',
  parameters: { topology: 'name of the topology; by default the one that runs here' },
  responses: {
    200: '`{"models": [manifest]}`',
    403: '`FORBIDDEN`: the caller is no viewer of the topology',
  },
  async handler({ query, caller }, context: ServingContext) {
    const topology = query.get('topology') ?? context.topology;
    const refusal = context.refusal(caller, 'viewer', topology);
    if (refusal !== null) return refusal;
    const manifests = await context.models.list(topology);
    // The drift reference is hundreds of kilobytes of samples that only the engine uses.
    const models = manifests.map((manifest) => ({ ...manifest, reference: undefined }));
    return reply.json(200, { models });
  },
});

const promote = routeWith({
  method: 'POST',
  path: '/api/models/promote',
  description: 'Makes a version the champion, and waits until every partition has taken it.',
  body: '`{"topology", "version", "waitMs"}`; the topology is by default the one that runs here, and waitMs MILLRACE_PROMOTION_WAIT_MS',
  responses: {
    ...TAKEN,
    400: '`BODY_MALFORMED`: the body is not JSON, names no version, or has another `waitMs`',
    404: '`MODEL_UNKNOWN`: the registry does not have the version, or the topology does not run here',
  },
  async handler(request, context: ServingContext) {
    const { topology = context.topology, version, waitMs } = fieldsOf(request) ?? {};
    if (typeof topology !== 'string' || typeof version !== 'string' || !isWait(waitMs))
      return reply.error(400, 'BODY_MALFORMED', 'the body names no version, or no wait', REMEDY);
    return outcome(
      topology,
      await context.models.promote(topology, version, actorOf(request.caller), waitMs),
    );
  },
});

const rollback = routeWith({
  method: 'POST',
  path: '/api/models/rollback',
  description:
    'Makes the previous champion the champion again, and waits until every partition has taken it.',
  body: '`{"topology", "waitMs"}`, or nothing for the topology that runs here',
  responses: {
    ...TAKEN,
    400: '`BODY_MALFORMED`: the body is not JSON, or has another `waitMs`',
    404: '`MODEL_UNKNOWN`: there was no champion before, or the topology does not run here',
  },
  async handler(request, context: ServingContext) {
    const fields = request.body === '' ? {} : (fieldsOf(request) ?? { topology: null });
    const { topology = context.topology, waitMs }: Record<string, unknown> = fields;
    if (typeof topology !== 'string' || !isWait(waitMs))
      return reply.error(400, 'BODY_MALFORMED', 'the body is not JSON, or has no wait', REMEDY);
    return outcome(topology, await context.models.rollback(topology, actorOf(request.caller), waitMs));
  },
});

export const modelRoutes: ReadonlyArray<Route<ServingContext>> = [list, promote, rollback];
