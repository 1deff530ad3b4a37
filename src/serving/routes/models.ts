// Models over REST (control path).
import { PROMOTION_WAIT_MS_MAX } from '../../core/model-limits.ts';
import type { Route } from '../../ports/route.ts';
import type { HttpRequest, HttpResponse } from '../../ports/web-server.ts';
import { actorOf } from '../access/caller.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { Promotion, ServingContext } from '../serving-context.ts';
import { topologyNamed } from './target.ts';

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

interface Place {
  readonly topology?: string;
  readonly target?: string;
}

/** Whether what a body names are names. */
function isPlace(place: Record<string, unknown>): place is Record<string, unknown> & Place {
  return [place['topology'], place['target']].every((name) => name === undefined || typeof name === 'string');
}

function placeNamed(context: ServingContext, place: Place): string | HttpResponse {
  return topologyNamed(context, { topology: place.topology ?? null, target: place.target ?? null }, true);
}

function outcome(topology: string, { version, outcome, waiting }: Promotion): HttpResponse {
  return reply.json(outcome === 'waiting' ? 202 : 200, { topology, champion: version, outcome, waiting });
}

const list = routeWith({
  method: 'GET',
  path: '/api/models',
  description: 'The manifests of all versions, oldest first, without their drift reference.',
  parameters: {
    topology: 'name of the topology; by default the one that runs here',
    target: 'id of a score stage, where the topology has several; by default the main target',
  },
  responses: {
    200: '`{"models": [manifest]}`',
    403: '`FORBIDDEN`: the caller is no viewer of the topology',
    404: '`TARGET_UNKNOWN`: the topology has no such target',
  },
  async handler({ query, caller }, context: ServingContext) {
    const given = { topology: query.get('topology'), target: query.get('target') };
    const topology = topologyNamed(context, given, false);
    if (typeof topology !== 'string') return topology;
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
  body: '`{"topology", "target", "version", "waitMs"}`; the topology is by default the one that runs here, and waitMs MILLRACE_PROMOTION_WAIT_MS; where the topology has several targets, name one',
  responses: {
    ...TAKEN,
    400: '`BODY_MALFORMED`: the body is not JSON, names no version, or has another `waitMs`; `TARGET_MISSING`: there are several targets',
    404: '`MODEL_UNKNOWN`: the registry does not have the version, or the topology does not run here; `TARGET_UNKNOWN`',
  },
  async handler(request, context: ServingContext) {
    const { version, waitMs, ...place } = fieldsOf(request) ?? {};
    if (!isPlace(place) || typeof version !== 'string' || !isWait(waitMs))
      return reply.error(400, 'BODY_MALFORMED', 'the body names no version, or no wait', REMEDY);
    const topology = placeNamed(context, place);
    if (typeof topology !== 'string') return topology;
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
  body: '`{"topology", "target", "waitMs"}`, or nothing for the topology that runs here; where it has several targets, name one',
  responses: {
    ...TAKEN,
    400: '`BODY_MALFORMED`: the body is not JSON, or has another `waitMs`; `TARGET_MISSING`: there are several targets',
    404: '`MODEL_UNKNOWN`: there was no champion before, or the topology does not run here; `TARGET_UNKNOWN`',
  },
  async handler(request, context: ServingContext) {
    const fields = request.body === '' ? {} : (fieldsOf(request) ?? { topology: null });
    const { waitMs, ...place }: Record<string, unknown> = fields;
    if (!isPlace(place) || !isWait(waitMs))
      return reply.error(400, 'BODY_MALFORMED', 'the body is not JSON, or has no wait', REMEDY);
    const topology = placeNamed(context, place);
    if (typeof topology !== 'string') return topology;
    return outcome(topology, await context.models.rollback(topology, actorOf(request.caller), waitMs));
  },
});

export const modelRoutes: ReadonlyArray<Route<ServingContext>> = [list, promote, rollback];
