// Served features over REST (control path): what the online store has for an entity.
import type { Route } from '../../ports/route.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { ServingContext } from '../serving-context.ts';

export const featureRoutes: ReadonlyArray<Route<ServingContext>> = [
  routeWith({
    method: 'GET',
    path: '/api/features/:topology/:key',
    description: 'The feature vector that the online store served last for an entity.',
    parameters: {
      topology: 'name of the topology',
      key: '`view=entity`, percent-encoded: `origin=JFK`; the values of an entity of several columns are joined by `|`',
    },
    responses: {
      200: '`{"topology", "key", "values", "eventTimeMs", "expired"}`; a missing value is null',
      404: '`FEATURES_UNKNOWN`: the online store has nothing for the key',
    },
    async handler({ params: { topology, key } }, context: ServingContext) {
      const served = await context.readFeatures(topology, key);
      if (served !== null) return reply.json(200, { topology, key, ...served });
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
