import t from 'tap';
import type { CredentialVerifier, Identity } from '../../../src/ports/identity.ts';
import { AccessControl } from '../../../src/serving/access/access-control.ts';
import { PredictionHub } from '../../../src/serving/sockets/prediction-hub.ts';
import { SocketSessions } from '../../../src/serving/sockets/sessions.ts';
import { canonicalHead } from '../../support/canonical-head.ts';
import { openAccess } from '../../support/example-serving.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';
import { FakeSocket } from './fake-socket.ts';

const NO_QUERY = canonicalHead();

await t.test('the number of clients is bounded, and a disconnection frees a place', (t) => {
  const telemetry = new RecordingTelemetry();
  const hub = new PredictionHub({ telemetry, replay: null });
  hub.add('flights', 'flights', 1);
  const sessions = new SocketSessions({ hub, telemetry, access: openAccess(telemetry), clientsMax: 2 });
  const clients = [0, 1, 2, 3].map(() => new FakeSocket());
  const [first, second, third, fourth] = clients as [FakeSocket, FakeSocket, FakeSocket, FakeSocket];
  for (const client of [first, second, third]) sessions.opened(client, NO_QUERY);
  t.equal(third.closed?.code, 1013);
  t.equal(telemetry.counts.get('feed_turned_away_total'), 1);
  sessions.message(third, '{"subscribe":"flights"}');
  sessions.closed(third);
  t.equal(
    telemetry.gauges.get('feed_subscribers'),
    undefined,
    'a client that was turned away cannot subscribe',
  );
  sessions.closed(first);
  sessions.opened(fourth, canonicalHead({ query: new URLSearchParams('topology=flights') }));
  t.equal(fourth.closed, null);
  t.match(fourth.sent, [{ type: 'subscribed', topology: 'flights' }]);
  sessions.message(second, '{"subscribe":"trains"}');
  t.match(second.sent, [{ type: 'error', code: 'TOPOLOGY_UNKNOWN' }]);
  sessions.closed(fourth);
  t.equal(telemetry.gauges.get('feed_subscribers'), 0);
  sessions.close();
  t.end();
});

const IDENTITY: Identity = {
  kind: 'key',
  name: 'key 1 (test)',
  grants: [{ role: 'subscriber', topology: 'flights' }],
  holds: () => true,
};

interface Opened {
  readonly sessions: SocketSessions;
  readonly client: FakeSocket;
  /** Lets time pass, ms. */
  readonly pass: (ms: number) => void;
}

/** One client of sessions that know the given credentials. */
function connect(credentials: Readonly<Record<string, Identity>>): Opened {
  let nowMs = 0;
  const telemetry = new RecordingTelemetry();
  const hub = new PredictionHub({ telemetry, replay: null });
  hub.add('flights', 'flights', 1);
  const verifier: CredentialVerifier = {
    isConfigured: true,
    leavesReadingOpen: false,
    canBeGuessed: false,
    recognises: () => true,
    verify: async (credential) => credentials[credential] ?? null,
    close: async () => {},
  };
  const access = new AccessControl({
    topology: 'flights',
    anonymous: null,
    verifiers: [verifier],
    telemetry,
  });
  const sessions = new SocketSessions({ hub, telemetry, access, nowMs: () => nowMs });
  const client = new FakeSocket();
  sessions.opened(client, NO_QUERY);
  return { sessions, client, pass: (ms) => void (nowMs += ms) };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

await t.test(
  'a subscription needs a credential with the role, which the first message may bring',
  async (t) => {
    const { sessions, client } = connect({ good: IDENTITY });
    sessions.message(client, '{"subscribe":"flights"}');
    t.match(client.sent, [{ type: 'error', code: 'UNAUTHORIZED', remedy: /authenticate/ }]);
    sessions.message(client, '{"authenticate":"good"}');
    sessions.message(client, '{"subscribe":"flights"}');
    await settled();
    t.match(client.sent.slice(1), [{ type: 'authenticated', name: 'key 1 (test)' }, { type: 'subscribed' }]);
    sessions.close();
  },
);

await t.test('a credential without the role, and a wrong one', async (t) => {
  const viewer: Identity = { ...IDENTITY, grants: [{ role: 'viewer', topology: 'flights' }] };
  const { sessions, client } = connect({ viewer });
  sessions.message(client, '{"authenticate":"viewer"}');
  sessions.message(client, '{"subscribe":"flights","sample":true}');
  await settled();
  t.match(client.frames('error'), [{ code: 'FORBIDDEN', message: /subscriber/ }]);
  const other = new FakeSocket();
  sessions.opened(other, NO_QUERY);
  sessions.message(other, '{"authenticate":"bad"}');
  sessions.message(other, '{"subscribe":"flights"}');
  await settled();
  t.match(other.sent, [{ type: 'error', code: 'UNAUTHORIZED' }]);
  t.equal(other.closed?.code, 4001);
  sessions.close();
});

await t.test('the subscription ends when the credential no longer holds', async (t) => {
  let isRevoked = false;
  const { sessions, client } = connect({ good: { ...IDENTITY, holds: () => !isRevoked } });
  sessions.message(client, '{"authenticate":"good"}');
  sessions.message(client, '{"subscribe":"flights"}');
  await settled();
  sessions.checkCredentials();
  t.equal(client.closed, null);
  isRevoked = true;
  sessions.checkCredentials();
  t.equal(client.closed?.code, 4001);
  sessions.close();
});

await t.test(
  'a client that sends no credential, or floods before it is verified, is disconnected',
  async (t) => {
    const { sessions, client, pass } = connect({});
    pass(9_999);
    sessions.checkCredentials();
    t.equal(client.closed, null);
    pass(1);
    sessions.checkCredentials();
    t.equal(client.closed?.code, 4001);
    const flood = new FakeSocket();
    sessions.opened(flood, NO_QUERY);
    sessions.message(flood, '{"authenticate":"x"}');
    for (let i = 0; i < 5; i++) sessions.message(flood, 'x');
    t.equal(flood.closed?.code, 1013);
    sessions.close();
  },
);

await t.test('the upgrade may bring the credential, in a header or as a subprotocol', async (t) => {
  const { sessions } = connect({ good: IDENTITY });
  const query = new URLSearchParams('topology=flights');
  for (const [name, value] of [
    ['authorization', 'Bearer good'],
    ['sec-websocket-protocol', 'millrace, bearer.good'],
  ] as const) {
    const client = new FakeSocket();
    sessions.opened(client, canonicalHead({ query, headers: new Map([[name, value]]) }));
    await settled();
    t.match(client.sent, [{ type: 'authenticated' }, { type: 'subscribed' }], name);
  }
  const wrong = new FakeSocket();
  sessions.opened(wrong, canonicalHead({ query, headers: new Map([['authorization', 'Bearer bad']]) }));
  await settled();
  t.match(wrong.sent, [{ type: 'error', code: 'UNAUTHORIZED' }]);
  t.equal(wrong.closed?.code, 4001);
  sessions.close();
});
