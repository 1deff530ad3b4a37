import t from 'tap';
import { openWsServer } from '../../../src/adapters/ws/web-server.ts';
import { testWebServer } from '../../contracts/web-server.ts';
import { testWebServerAttacks } from '../../contracts/web-server-attacks.ts';
import { testWebServerBusy } from '../../contracts/web-server-busy.ts';
import { testWebServerLimits } from '../../contracts/web-server-limits.ts';
import { testWebServerRefusals } from '../../contracts/web-server-refusals.ts';

await testWebServer(t, openWsServer);
await testWebServerAttacks(t, openWsServer);
await testWebServerLimits(t, openWsServer);
await t.test('clients that are to wait', (t) => testWebServerBusy(t, openWsServer));
await t.test('refused bodies', (t) => testWebServerRefusals(t, openWsServer));
