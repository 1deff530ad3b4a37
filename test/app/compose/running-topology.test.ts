// What a start that fails leaves behind.
import { createServer, type AddressInfo } from 'node:net';
import t from 'tap';
import { RunningTopology } from '../../../src/app/compose/running-topology.ts';
import { readConfig } from '../../../src/app/settings/config.ts';
import { FollowedKeys } from '../../../src/serving/access/keys/key-topic.ts';
import { SocketSessions } from '../../../src/serving/sockets/sessions.ts';
import { clicksTopology } from '../../doors/clicks.ts';

await t.test('a start whose port is taken closes what it has opened', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const config = readConfig({
    MILLRACE_DATA: t.testdir(),
    MILLRACE_PORT: String(port),
    MILLRACE_LOG_LEVEL: 'silent',
  });
  const keys = t.capture(FollowedKeys.prototype, 'close', () => Promise.resolve());
  const sockets = t.capture(SocketSessions.prototype, 'close');
  const start = RunningTopology.start(config, clicksTopology({}), { eventsInMemory: false, serve: true });
  await t.rejects(start, { code: 'PORT_UNAVAILABLE' });
  t.equal(keys().length, 1, 'the keys are no longer followed');
  t.equal(sockets().length, 1, 'no credential is checked any more');
});
