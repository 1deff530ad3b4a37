// The one port of a running engine (control path): dashboard, REST, probes, metrics and live predictions.
import type { RaisedCondition } from '../core/conditions.ts';
import { invariant } from '../core/errors.ts';
import { DASHBOARD_STATE_MS } from '../core/port-limits.ts';
import type { FeaturesReader } from '../ports/features.ts';
import type { Ingest } from '../ports/ingest.ts';
import type { Route } from '../ports/route.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { OpenWebServer, TlsSource } from '../ports/web-server.ts';
import type { AccessControl } from './access/access-control.ts';
import { requiredBy, SOCKET_PATH } from './access/table.ts';
import { refusedFor } from './access/http-access.ts';
import { withoutValues } from './column-values.ts';
import type { DashboardState } from './dashboard-state.ts';
import { browserGuard } from './port/browser-guard.ts';
import { type ClientLimitOptions, ClientLimits } from './port/client-limits.ts';
import { portHandler } from './port/port-handler.ts';
import { readinessOf, type ReadyChecks } from './readiness.ts';
import { largeBodies, router } from './router.ts';
import { ownRoutes } from './routes/engine-routes.ts';
import type {
  FeatureReader,
  ModelCommands,
  ModelImporter,
  ServedTarget,
  ServingContext,
} from './serving-context.ts';
import type { PredictionHub } from './sockets/prediction-hub.ts';
import { SocketSessions } from './sockets/sessions.ts';

export interface ServingOptions {
  readonly openWebServer: OpenWebServer;
  readonly port: number;
  readonly host: string;
  /** Null: the port has no TLS. */
  readonly tls: TlsSource | null;
  /** The running topology: the default of requests that name none. */
  readonly topology: string;
  /** Its targets, where there are several. */
  readonly targets?: readonly ServedTarget[];
  readonly hub: PredictionHub;
  readonly telemetry: Telemetry;
  /** Called at most every DASHBOARD_STATE_MS, and only while a client requests it. */
  readonly state: (topology: string) => DashboardState;
  readonly checks: ReadyChecks;
  /** The conditions that last. */
  readonly conditions: () => readonly RaisedCondition[];
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly models: ModelCommands;
  readonly importModel: ModelImporter;
  readonly features: FeatureReader;
  readonly featureServices: FeaturesReader;
  /** Takes events; it is closed with the port. Null: the process takes none. */
  readonly ingest: Ingest | null;
  /** Who may do what; it is closed with the port. */
  readonly access: AccessControl;
  /** Names that the port answers to, besides loopback names and `host`. */
  readonly hosts: readonly string[];
  /** Origins whose pages may use the port, besides its own. */
  readonly origins: readonly string[];
  /** How much of the port one client may take. */
  readonly limits: ClientLimitOptions;
  /** The project's own routes, without problems; see `routeProblems`. */
  readonly routes: readonly Route[];
}

export interface Serving {
  /** Where the dashboard is. */
  readonly url: string;
  readonly port: number;
  readonly kind: 'uws' | 'ws';
  /** From now on answers /readyz with 503; closes sockets with 1001 and resolves within `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** @throws PORT_UNAVAILABLE */
export async function openServing(options: ServingOptions): Promise<Serving> {
  const { topology, hub, telemetry, targets = [] } = options;
  let closing = false;
  const states = statesOf(options, [topology, ...targets.map((target) => target.topology)]);
  const context: ServingContext = {
    topology,
    targets,
    telemetry,
    features: (key, atMs) => options.features(topology, key, atMs),
    readiness: shared(() => readinessOf(options.checks, options.conditions, closing)),
    models: options.models,
    importModel: options.importModel,
    refusal: (caller, needed, topology) => refusedFor(options.access, caller, needed, topology),
    readFeatures: options.features,
    featureServices: options.featureServices,
    ingest: options.ingest,
    state: (hasValues, name) => states(name, hasValues),
    metrics: options.metrics,
    projectRoutes: options.routes,
  };
  invariant(requiredBy('routes', `GET ${SOCKET_PATH}`) === 'open', 'a client authenticates by a message');
  const limits = new ClientLimits(options.limits);
  const routes = [...(await ownRoutes()), ...options.routes];
  const http = router({
    routes,
    context,
    access: options.access,
    limits,
    telemetry,
  });
  const sockets = new SocketSessions({ hub, telemetry, access: options.access });
  const handler = portHandler({
    http,
    largeBody: largeBodies({ routes, access: options.access, limits }),
    sockets: { path: SOCKET_PATH, session: (head) => sockets.session(head) },
    browsers: browserGuard({
      address: options.host,
      hosts: options.hosts,
      origins: options.origins,
      readsOpenly: () => options.access.anonymous.grants.length > 0,
    }),
    limits,
    encrypted: options.tls !== null,
    telemetry,
  });
  const { port, host, tls } = options;
  const server = await options.openWebServer({ port, host, tls, handler }).catch((error: unknown) => {
    sockets.close();
    throw error;
  });
  const shown = options.host === '0.0.0.0' || options.host === '::' ? 'localhost' : options.host;
  const authority = shown.includes(':') ? `[${shown}]` : shown;
  return {
    url: `${options.tls === null ? 'http' : 'https'}://${authority}:${server.port}/`,
    port: server.port,
    kind: server.kind,
    async close(graceMs: number): Promise<void> {
      closing = true;
      sockets.close();
      await server.close(graceMs);
      await options.ingest?.close();
      await options.access.close();
    },
  };
}

/** The states of targets as JSON, each with and without values of events. */
function statesOf(
  { state }: Pick<ServingOptions, 'state'>,
  topologies: readonly string[],
): (topology: string, hasValues: boolean) => string {
  const states = new Map(
    topologies.map((name) => {
      const whole = cached(() => JSON.stringify(state(name)), DASHBOARD_STATE_MS);
      const figures = cached(() => JSON.stringify(withoutValues(state(name))), DASHBOARD_STATE_MS);
      return [name, { whole, figures }] as const;
    }),
  );
  return (topology, hasValues) => {
    const known = states.get(topology);
    invariant(known !== undefined, 'a request is for a target that runs here');
    return hasValues ? known.whole() : known.figures();
  };
}

/** Computes a value once for all callers at a time: a flood of probes is no flood of requests to the services. */
function shared<T>(compute: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | null = null;
  return () =>
    (pending ??= compute().finally(() => {
      pending = null;
    }));
}

/** Computes a value at most once per `ttlMs`. */
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
