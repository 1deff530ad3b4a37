// The REST routes of the engine (control path): a new one is declared in a file of this folder and listed here.
import type { Route } from '../../ports/route.ts';
import type { ServingContext } from '../serving-context.ts';
import { featureServiceRoutes } from './feature-services.ts';
import { featureRoutes } from './features.ts';
import { healthRoutes } from './health.ts';
import { importModelRoutes } from './import-model.ts';
import { ingestRoutes } from './ingest.ts';
import { modelRoutes } from './models.ts';
import { observabilityRoutes } from './observability.ts';
import { openApiRoute } from './openapi.ts';
import { staticRoutes } from './static-files.ts';

const described = [
  ...healthRoutes,
  ...observabilityRoutes,
  ...ingestRoutes,
  ...modelRoutes,
  ...importModelRoutes,
  ...featureRoutes,
  ...featureServiceRoutes,
];

/** In the order of the documentation. */
export const engineRoutes: ReadonlyArray<Route<ServingContext>> = [...described, openApiRoute(described)];

/** All that the port serves besides the routes of a project: the dashboard's files as well. */
export async function ownRoutes(): Promise<ReadonlyArray<Route<ServingContext>>> {
  return [...(await staticRoutes()), ...engineRoutes];
}
