/** The contract suite on uWebSockets.js: web-server.test.ts starts it if its binary can be loaded. */
import t from 'tap';
import { openUwsServer } from '../../../src/adapters/uws/web-server.ts';
import { testWebServer } from '../../contracts/web-server.ts';
import { testWebServerAttacks } from '../../contracts/web-server-attacks.ts';
import { testWebServerBusy } from '../../contracts/web-server-busy.ts';
import { testWebServerLimits } from '../../contracts/web-server-limits.ts';
import { testWebServerRefusals } from '../../contracts/web-server-refusals.ts';

await testWebServer(t, openUwsServer);
await testWebServerAttacks(t, openUwsServer);
await testWebServerLimits(t, openUwsServer);
await t.test('clients that are to wait', (t) => testWebServerBusy(t, openUwsServer));
await t.test('refused bodies', (t) => testWebServerRefusals(t, openUwsServer));
