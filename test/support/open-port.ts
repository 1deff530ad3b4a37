/** The handler of a port whose rules refuse nothing, for tests of what is below and above them. */
import type { PortHandler } from '../../src/ports/web-server.ts';
import { browserGuard } from '../../src/serving/port/browser-guard.ts';
import { ClientLimits } from '../../src/serving/port/client-limits.ts';
import { type PortParts, portHandler } from '../../src/serving/port/port-handler.ts';
import { RecordingTelemetry } from './recording-telemetry.ts';

export function unlimited(): ClientLimits {
  return new ClientLimits({ requestsPerSecond: 1_000_000, connectionsPerAddress: 1_000 });
}

export function openPort(parts: Pick<PortParts, 'http' | 'sockets'> & Partial<PortParts>): PortHandler {
  return portHandler({
    browsers: browserGuard({ address: '127.0.0.1', hosts: [], origins: [], readsOpenly: () => true }),
    limits: unlimited(),
    encrypted: false,
    telemetry: new RecordingTelemetry(),
    ...parts,
  });
}
