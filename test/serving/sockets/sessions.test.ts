import t from 'tap';
import { PredictionHub } from '../../../src/serving/sockets/prediction-hub.ts';
import { socketSessions } from '../../../src/serving/sockets/sessions.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';
import { FakeSocket } from './fake-socket.ts';

const NO_QUERY = new URLSearchParams();

await t.test('the number of clients is bounded, and a disconnection frees a place', (t) => {
  const telemetry = new RecordingTelemetry();
  const hub = new PredictionHub({ telemetry, replay: null });
  hub.add('flights', 'flights', 1);
  const sessions = socketSessions(hub, telemetry, 2);
  const clients = [0, 1, 2, 3].map(() => new FakeSocket());
  const [first, second, third, fourth] = clients as [FakeSocket, FakeSocket, FakeSocket, FakeSocket];
  for (const client of [first, second, third]) sessions.opened(client, NO_QUERY);
  t.equal(third.closed?.code, 1013);
  t.equal(telemetry.counts.get('feed_turned_away_total'), 1);
  sessions.message(third, '{"subscribe":"flights"}');
  sessions.closed(third, 1013);
  t.equal(
    telemetry.gauges.get('feed_subscribers'),
    undefined,
    'a client that was turned away cannot subscribe',
  );
  sessions.closed(first, 1000);
  sessions.opened(fourth, new URLSearchParams('topology=flights'));
  t.equal(fourth.closed, null);
  t.match(fourth.sent, [{ type: 'subscribed', topology: 'flights' }]);
  sessions.message(second, '{"subscribe":"trains"}');
  t.match(second.sent, [{ type: 'error', code: 'TOPOLOGY_UNKNOWN' }]);
  sessions.closed(fourth, 1006);
  t.equal(telemetry.gauges.get('feed_subscribers'), 0);
  t.end();
});
