// Served features over REST (control path): what the online store holds for an entity.
import { json, problem } from '../response.ts';
import type { Route } from '../router.ts';

export interface ServedFeatures {
  /** The last served vector by feature name; null where a value was missing. */
  readonly values: Readonly<Record<string, number | null>>;
  /** Event time of the vector, ms. */
  readonly eventTimeMs: number;
  /** Event time + TTL has passed. */
  readonly expired: boolean;
}

export type FeatureReader = (topology: string, key: string) => Promise<ServedFeatures | null>;

export function featureRoutes(read: FeatureReader): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/features/:topology/:key',
      handler: async (_request, { topology = '', key = '' }) => {
        const served = await read(topology, key);
        if (served !== null) return json(200, { topology, key, ...served });
        const remedy = 'Check the key; a key that has not been seen for longer than its TTL is gone.';
        return problem(
          404,
          'FEATURES_UNKNOWN',
          `the online store of ${topology} holds nothing for ${key}`,
          remedy,
        );
      },
    },
  ];
}
