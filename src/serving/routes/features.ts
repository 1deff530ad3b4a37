// Served features over REST (control path): what the windows of an entity hold, as of now or another instant.
import { jsonNumber } from '../../core/json-number.ts';
import type { Route, ServedFeatures } from '../../ports/route.ts';
import { instantAsked, noInstant } from '../instant-text.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { ServingContext } from '../serving-context.ts';

function inJson({ values, ...rest }: ServedFeatures): object {
  const spelt = Object.entries(values).map(([name, value]) => [name, jsonNumber(value)]);
  return { ...rest, values: Object.fromEntries(spelt) as unknown };
}

export const featureRoutes: ReadonlyArray<Route<ServingContext>> = [
  routeWith({
    method: 'GET',
    path: '/api/features/:topology/:key',
    description:
      'The features of an entity as of now, computed from its windows in the online store. Now is the clock, or the watermark of the partition where that is ahead, or more than 30 days behind, as in a replay.',
    parameters: {
      topology: 'name of the topology',
      key: '`view=entity`, percent-encoded: `origin=JFK`; the values of an entity of several columns are joined by `|`, and `|` and `\\` within one are preceded by `\\`',
      at: 'the instant to compute them for instead, event time: milliseconds or ISO 8601. The store has nothing before the watermark less the allowed lateness, so `asOfMs` is never before that',
    },
    responses: {
      200: '`{"topology", "key", "values", "eventTimeMs", "asOfMs", "status", "expired"}`; a missing value is null, an infinite one a string. `status` is `fresh`, or `expired` if no window holds an event of the entity any more',
      400: '`INSTANT_MALFORMED`: `at` is no instant',
      404: '`FEATURES_UNKNOWN`: the online store has nothing for the key',
      503: '`STORE_UNAVAILABLE`: the store cannot be reached, or has lost state of the key, which the engine is rebuilding',
    },
    async handler({ params: { topology, key }, query }, context: ServingContext) {
      const atMs = instantAsked(query.get('at'));
      if (Number.isNaN(atMs)) return noInstant('at');
      const served = await context.readFeatures(topology, key, atMs);
      if (served !== null) return reply.json(200, { topology, key, ...inJson(served) });
      const remedy = 'Check the key; a key that has not been seen for longer than its TTL is gone.';
      return reply.error(
        404,
        'FEATURES_UNKNOWN',
        `the online store of ${topology} has nothing for ${key}`,
        remedy,
      );
    },
  }),
];
