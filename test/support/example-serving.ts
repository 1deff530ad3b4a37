/** A server on the ws adapter with a test's own handlers. */
import { openWsServer } from '../../src/adapters/ws/web-server.ts';
import type { Role } from '../../src/core/roles.ts';
import type { Telemetry } from '../../src/ports/telemetry.ts';
import { AccessControl } from '../../src/serving/access/access-control.ts';
import { tokenVerifier } from '../../src/serving/access/token-verifier.ts';
import { PredictionHub } from '../../src/serving/sockets/prediction-hub.ts';
import { openServing, type Serving, type ServingOptions } from '../../src/serving/server.ts';
import { RecordingTelemetry } from './recording-telemetry.ts';

/** Access for tests: by the token, if one is given, and everything without. */
export function openAccess(
  telemetry: Telemetry,
  token: string | null = null,
  anonymous: readonly Role[] | null = null,
): AccessControl {
  return new AccessControl({ topology: 'flights', anonymous, verifiers: [tokenVerifier(token)], telemetry });
}

export interface ExampleServing {
  readonly serving: Serving;
  readonly hub: PredictionHub;
}

/** Serves topology `flights` with two partitions on a free port. @param more options that a test overrides */
export async function openExampleServing(
  more: Partial<ServingOptions> & Pick<ServingOptions, 'state'>,
): Promise<ExampleServing> {
  const telemetry: Telemetry = more.telemetry ?? new RecordingTelemetry();
  const hub = more.hub ?? new PredictionHub({ telemetry, replay: null });
  hub.add('flights', 'flights', 2);
  const serving = await openServing({
    openWebServer: openWsServer,
    port: 0,
    host: '127.0.0.1',
    tls: null,
    topology: 'flights',
    checks: {},
    conditions: () => [],
    metrics: async () => '# none\n',
    models: {
      list: async () => [],
      promote: async (_topology, version) => ({ version, outcome: 'taken', waiting: [] }),
      rollback: async () => ({ version: 'v1', outcome: 'taken', waiting: [] }),
    },
    importModel: () => Promise.reject(new Error('none')),
    features: async () => null,
    featureServices: { services: [], read: () => Promise.reject(new Error('none')) },
    ingest: null,
    access: openAccess(telemetry),
    hosts: [],
    origins: [],
    limits: { requestsPerSecond: 1_000_000, connectionsPerAddress: 1_000 },
    routes: [],
    ...more,
    hub,
    telemetry,
  });
  return { serving, hub };
}
