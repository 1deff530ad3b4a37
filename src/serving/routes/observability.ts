// Metrics and the dashboard's state (control path).
import type { Route } from '../../ports/route.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { ServingContext } from '../serving-context.ts';
import { topologyNamed } from './target.ts';

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
  parameters: { target: 'id of a score stage, where the topology has several; by default the main target' },
  responses: {
    200: 'the `DashboardState` of src/serving/dashboard-state.ts',
    404: '`TARGET_UNKNOWN`: the topology has no such target',
  },
  handler({ caller, query }, context: ServingContext) {
    const topology = topologyNamed(context, { topology: null, target: query.get('target') }, false);
    if (typeof topology !== 'string') return topology;
    return reply.text(
      200,
      'application/json; charset=utf-8',
      context.state(caller.may('subscriber'), topology),
    );
  },
});

export const observabilityRoutes: ReadonlyArray<Route<ServingContext>> = [metrics, state];
