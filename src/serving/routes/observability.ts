// Metrics and the dashboard's state (control path).
import type { Route } from '../../ports/route.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { ServingContext } from '../serving-context.ts';

const metrics = routeWith({
  method: 'GET',
  path: '/metrics',
  description: 'All metrics, in the Prometheus text format.',
  responses: { 200: 'text; see [Metrics](../metrics.md)' },
  handler: async (_request, context: ServingContext) =>
    reply.text(200, 'text/plain; version=0.0.4; charset=utf-8', await context.metrics()),
});

const state = routeWith({
  method: 'GET',
  path: '/api/state',
  description:
    'Everything that the dashboard shows: rates, latency, partitions, columns, quality, drift and models; ranges and examples of columns for the role `subscriber`.',
  responses: { 200: 'the `DashboardState` of src/serving/dashboard-state.ts' },
  handler: ({ caller }, context: ServingContext) =>
    reply.text(200, 'application/json; charset=utf-8', context.state(caller.may('subscriber'))),
});

export const observabilityRoutes: ReadonlyArray<Route<ServingContext>> = [metrics, state];
