// The REST routes of the engine (control path): a new one is declared in a file of this folder and listed here.
import type { Route } from '../../ports/route.ts';
import type { ServingContext } from '../serving-context.ts';
import { featureRoutes } from './features.ts';
import { healthRoutes } from './health.ts';
import { ingestRoutes } from './ingest.ts';
import { modelRoutes } from './models.ts';
import { observabilityRoutes } from './observability.ts';
import { openApiRoute } from './openapi.ts';

const described = [
  ...healthRoutes,
  ...observabilityRoutes,
  ...ingestRoutes,
  ...modelRoutes,
  ...featureRoutes,
];

/** In the order of the documentation. The dashboard's files come in addition. */
export const engineRoutes: ReadonlyArray<Route<ServingContext>> = [...described, openApiRoute(described)];
