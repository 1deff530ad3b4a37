import t from 'tap';
import { openWsServer } from '../../../src/adapters/ws/web-server.ts';
import { testWebServer } from '../../contracts/web-server.ts';

await testWebServer(t, openWsServer);
