import t from 'tap';
import { openWsServer } from '../../../src/adapters/ws/web-server.ts';
import { testWebServer } from '../../contracts/web-server.ts';
import { testWebServerAttacks } from '../../contracts/web-server-attacks.ts';
import { testWebServerBusy } from '../../contracts/web-server-busy.ts';
import { testWebServerLimits } from '../../contracts/web-server-limits.ts';

await testWebServer(t, openWsServer);
await testWebServerAttacks(t, openWsServer);
await testWebServerLimits(t, openWsServer);
await t.test('clients that are to wait', (t) => testWebServerBusy(t, openWsServer));
