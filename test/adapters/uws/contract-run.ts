/** The contract suite on uWebSockets.js: web-server.test.ts starts it where its binary loads. */
import t from 'tap';
import { openUwsServer } from '../../../src/adapters/uws/web-server.ts';
import { testWebServer } from '../../contracts/web-server.ts';

await testWebServer(t, openUwsServer);
