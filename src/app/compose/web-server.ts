// Chooses the web server (control path): uWebSockets.js if its binary can be loaded, else node:http and ws.
import { messageOf } from '../../core/errors.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { OpenWebServer } from '../../ports/web-server.ts';

/**
 * uWebSockets.js can neither replace the certificate of a running server nor require one of clients: with TLS, ws serves.
 * Never throws: on a machine whose C library is too old for the native binary, ws serves at a lower rate.
 */
export async function chooseWebServer(telemetry: Telemetry, hasTls = false): Promise<OpenWebServer> {
  if (hasTls) return (await import('../../adapters/ws/web-server.ts')).openWsServer;
  try {
    const { openUwsServer } = await import('../../adapters/uws/web-server.ts');
    return openUwsServer;
  } catch (error) {
    const why = /^Error: (.+)$/m.exec(messageOf(error))?.[1] ?? messageOf(error);
    telemetry.info('uWebSockets.js cannot be loaded; ws serves instead', { why });
    const { openWsServer } = await import('../../adapters/ws/web-server.ts');
    return openWsServer;
  }
}
