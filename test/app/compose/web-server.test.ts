import t from 'tap';
import { chooseWebServer } from '../../../src/app/compose/web-server.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';

const telemetry = new RecordingTelemetry();
const openWebServer = await chooseWebServer(telemetry);
const response = { status: 200, headers: {}, body: 'served' };
const handler = {
  request: () => response,
  upgrade: () => response,
  refusal: () => response,
  connected: () => true,
  disconnected: () => undefined,
};
const server = await openWebServer({ port: 0, host: '127.0.0.1', handler });
t.teardown(() => server.close(100));
t.equal(await (await fetch(`http://127.0.0.1:${server.port}/`)).text(), 'served');
t.equal(telemetry.lines.length, server.kind === 'ws' ? 1 : 0, 'one line if uWebSockets.js cannot be loaded');
