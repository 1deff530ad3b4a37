// The one port of a running engine (control path): dashboard, REST, probes, metrics and live predictions.
import { DASHBOARD_STATE_MS } from '../core/limits.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { OpenWebServer } from '../ports/web-server.ts';
import type { DashboardState } from './dashboard-state.ts';
import { featureRoutes, type FeatureReader } from './routes/feature-routes.ts';
import { ready, type ReadyChecks } from './routes/health.ts';
import { type ModelCommands, modelRoutes } from './routes/model-routes.ts';
import type { PredictionHub } from './sockets/prediction-hub.ts';
import { json, text } from './response.ts';
import { type Route, router } from './router.ts';
import { socketSessions } from './sockets/sessions.ts';
import { staticRoutes } from './routes/static-files.ts';

export interface ServingOptions {
  readonly openWebServer: OpenWebServer;
  readonly port: number;
  readonly host: string;
  /** The topology that requests mean which name none. */
  readonly topology: string;
  readonly hub: PredictionHub;
  readonly telemetry: Telemetry;
  /** Called every DASHBOARD_STATE_MS at most, and only while somebody looks. */
  readonly state: () => DashboardState;
  readonly checks: ReadyChecks;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly models: ModelCommands;
  readonly features: FeatureReader;
  /** Bearer token of the routes that change something; null: anyone may. */
  readonly token: string | null;
}

export interface Serving {
  /** Where the dashboard is. */
  readonly url: string;
  readonly port: number;
  readonly kind: 'uws' | 'ws';
  /** Answers /readyz with 503 from now on, closes sockets with 1001 and resolves within `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Throws PORT_UNAVAILABLE. */
export async function openServing(options: ServingOptions): Promise<Serving> {
  const { topology, hub, telemetry } = options;
  let closing = false;
  const snapshot = cached(() => JSON.stringify(options.state()), DASHBOARD_STATE_MS);
  const routes: readonly Route[] = [
    ...(await staticRoutes()),
    { method: 'GET', path: '/livez', handler: () => json(200, { live: true }) },
    { method: 'GET', path: '/readyz', handler: () => ready(options.checks, closing) },
    {
      method: 'GET',
      path: '/metrics',
      handler: async () => text(200, 'text/plain; version=0.0.4; charset=utf-8', await options.metrics()),
    },
    {
      method: 'GET',
      path: '/api/state',
      handler: () => text(200, 'application/json; charset=utf-8', snapshot()),
    },
    ...modelRoutes(options.models, topology, options.token),
    ...featureRoutes(options.features),
  ];
  const server = await options.openWebServer({
    port: options.port,
    host: options.host,
    http: router(routes, telemetry),
    sockets: socketSessions(hub, telemetry),
  });
  const shown = options.host === '0.0.0.0' || options.host === '::' ? 'localhost' : options.host;
  const authority = shown.includes(':') ? `[${shown}]` : shown;
  return {
    url: `http://${authority}:${server.port}/`,
    port: server.port,
    kind: server.kind,
    async close(graceMs: number): Promise<void> {
      closing = true;
      await server.close(graceMs);
    },
  };
}

/** One computed value serves everyone who asks within `ttlMs`. */
function cached(compute: () => string, ttlMs: number): () => string {
  let value = '';
  let freshUntilMs = -Infinity;
  return () => {
    const nowMs = performance.now();
    if (nowMs >= freshUntilMs) {
      value = compute();
      freshUntilMs = nowMs + ttlMs;
    }
    return value;
  };
}
