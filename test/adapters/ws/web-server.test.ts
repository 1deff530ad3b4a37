import t from 'tap';
import { openWsServer } from '../../../src/adapters/ws/web-server.ts';
import { testWebServer } from '../../contracts/web-server.ts';
import { testWebServerAttacks } from '../../contracts/web-server-attacks.ts';
import { testWebServerLimits } from '../../contracts/web-server-limits.ts';

await testWebServer(t, openWsServer);
await testWebServerAttacks(t, openWsServer);
await testWebServerLimits(t, openWsServer);
