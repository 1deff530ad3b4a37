// A fleet as its clients see it: partitions move between processes that die, freeze and return at any moment. A client that
// is connected to all of them, and names its last ids whenever a connection ends, gets every committed prediction, each
// at most once per connection.
import fc from 'fast-check';
import t from 'tap';
import { PredictionHub } from '../../../src/serving/sockets/prediction-hub.ts';
import { predictionBlock } from '../../support/prediction-block.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';
import { FakeSocket } from './fake-socket.ts';
import { Fleet, Log, PARTITIONS, PROCESSES, step, TOPIC } from './handover-fleet.ts';

await t.test('a client of the whole fleet misses no committed prediction', async (t) => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
    const fleet = new Fleet();
    fleet.begin();
    for (const step of steps) await fleet.act(step);
    await fleet.end();
    const { client, log } = fleet;
    const missing = client.seen.flatMap((seen, p) =>
      log
        .predictions(p)
        .filter((at) => !seen.has(at))
        .map((at) => `${TOPIC}-${p}-${at}`),
    );
    for (let nth = 0; nth < PROCESSES; nth++) client.lose(nth, fleet.process(nth));
    if (missing.length > 0) throw new Error(`missing: ${missing.join(' ')}`);
    if (client.doubles.length > 0) throw new Error(`twice on a connection: ${client.doubles.join(' ')}`);
  });
  await fc.assert(property, { numRuns: 500 });
  t.pass('500 runs');
});

const ORIGIN = { topic: TOPIC, partition: 0 };
const wish = { topology: 'flights', key: null, after: [], labels: false, sample: false };

function openHub(telemetry = new RecordingTelemetry()): PredictionHub {
  const hub = new PredictionHub({ telemetry, replay: new Log().replay });
  hub.add('flights', TOPIC, PARTITIONS);
  return hub;
}

await t.test('a client that may lack predictions of another process is closed with 4009 and counted', (t) => {
  const telemetry = new RecordingTelemetry();
  const hub = openHub(telemetry);
  const [whole, ofKey, sampling] = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
  hub.begins('flights', ORIGIN, 2);
  hub.subscribe(whole, wish);
  hub.subscribe(ofKey, { ...wish, key: 'k1' });
  hub.subscribe(sampling, { ...wish, sample: true });
  hub.predictions('flights', predictionBlock(ORIGIN, [3, 5]));
  hub.begins('flights', ORIGIN, 6);
  t.match(whole.closed, { code: 4009, reason: /reconnect and resume/ });
  t.ok(Buffer.byteLength(whole.closed?.reason ?? '') <= 123, 'at most as long as a close frame allows');
  t.equal(ofKey.closed?.code, 4009);
  t.equal(sampling.closed, null, 'a sample lacks nothing');
  t.equal(telemetry.counts.get('feed_moved_total'), 2);
  t.equal(telemetry.gauges.get('feed_subscribers'), 1);
  hub.predictions('flights', predictionBlock(ORIGIN, [7]));
  t.equal(whole.ids.at(-1), 'flights-0-5', 'nothing more arrives');
  t.end();
});

await t.test('a client that has all published predictions stays connected', (t) => {
  const hub = openHub();
  const [early, late] = [new FakeSocket(), new FakeSocket()];
  const ofKey = new FakeSocket();
  hub.begins('flights', ORIGIN, 2); // the process starts
  hub.subscribe(early, wish);
  hub.subscribe(ofKey, { ...wish, key: 'k9' });
  hub.begins('flights', ORIGIN, 2); // its first task: nothing was made meanwhile
  hub.predictions('flights', predictionBlock(ORIGIN, [3, 5, 6]));
  hub.subscribe(late, wish);
  hub.begins('flights', ORIGIN, 5); // 6 was not committed
  hub.begins('flights', ORIGIN, 5); // and again, before anything could be made
  hub.predictions('flights', predictionBlock(ORIGIN, [6, 8]));
  t.same(
    early.ids,
    [3, 5, 6, 8].map((at) => `flights-0-${at}`),
  );
  t.same(
    [early, late, ofKey].filter(({ closed }) => closed !== null),
    [],
  );
  t.end();
});
