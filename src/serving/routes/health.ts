// Probes (control path).
import type { Route } from '../../ports/route.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { ServingContext } from '../serving-context.ts';

const livez = routeWith({
  method: 'GET',
  path: '/livez',
  description: 'Whether the process is alive.',
  responses: { 200: '`{"live": true}`' },
  handler: (_request, _context: ServingContext) => reply.json(200, { live: true }),
});

const readyz = routeWith({
  method: 'GET',
  path: '/readyz',
  description:
    'Whether the engine is ready: its services answer, and nothing lasts that blocks it. A caller who is no viewer gets `{"ready"}` alone.',
  responses: {
    200: '`{"ready": true, "checks": {"log": {"ok", "ms"}}, "conditions": []}`; `conditions` lists what goes wrong and does not block: `condition` (a name of [metrics.md](../metrics.md#conditions)), `where`, `reason`, `sinceMs`, `blocksReadiness`',
    503: 'the same with `"ready": false`; a failed check says `why`, a condition that blocks has `"blocksReadiness": true`. Also while the process shuts down',
  },
  async handler({ caller }, { readiness }: ServingContext) {
    const result = await readiness();
    // A probe needs the status; the reasons name services and records.
    return reply.json(result.ready ? 200 : 503, caller.may('viewer') ? result : { ready: result.ready });
  },
});

export const healthRoutes: ReadonlyArray<Route<ServingContext>> = [livez, readyz];

/**
 * Their paths, which some rules of the port leave out: probes tell nothing that is worth protecting, orchestrators send the
 * Host that they like, and one that gets no answer ends the process, which a flood must not bring about.
 */
export const probePaths: ReadonlySet<string> = new Set(healthRoutes.map(({ path }) => path));
