import t from 'tap';
import { SUBSCRIBER_BUFFER_BYTES_MAX } from '../../../src/core/port-limits.ts';
import type { LabelBlock } from '../../../src/core/blocks.ts';
import { PredictionHub } from '../../../src/serving/sockets/prediction-hub.ts';
import type { SubscribeMessage } from '../../../src/serving/sockets/protocol.ts';
import { predictionBlock } from '../../support/prediction-block.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';
import { FakeSocket } from './fake-socket.ts';

const ORIGIN = { topic: 'flights', partition: 0 };

function wish(more: Partial<SubscribeMessage> = {}): SubscribeMessage {
  return { topology: 'flights', key: null, after: [], labels: false, sample: false, ...more };
}

function open(): { hub: PredictionHub; telemetry: RecordingTelemetry } {
  const telemetry = new RecordingTelemetry();
  const hub = new PredictionHub({ telemetry, replay: null });
  hub.add('flights', 'flights', 2);
  return { hub, telemetry };
}

await t.test('a subscriber gets whole predictions', (t) => {
  const { hub, telemetry } = open();
  const socket = new FakeSocket();
  hub.subscribe(socket, wish());
  const block = {
    ...predictionBlock(ORIGIN, [7, 8], 'v"2'),
    keys: ['UA 1545', 'a"b\\ü'],
    flags: Uint8Array.of(1, 6),
  };
  hub.predictions('flights', block);
  t.same(socket.sent, [
    { type: 'subscribed', topology: 'flights', key: null, labels: false, sample: false },
    {
      type: 'predictions',
      items: [
        {
          id: 'flights-0-7',
          key: 'UA 1545',
          eventTime: 7_000,
          score: Math.fround(0.007),
          version: 'v"2',
          flags: 1,
        },
        {
          id: 'flights-0-8',
          key: 'a"b\\ü',
          eventTime: 8_000,
          score: Math.fround(0.008),
          version: 'v"2',
          flags: 6,
        },
      ],
    },
  ]);
  t.equal(telemetry.counts.get('feed_messages_total'), 1);
  t.equal(telemetry.counts.get('feed_latency_seconds'), 1);
  t.equal(telemetry.gauges.get('feed_subscribers'), 1);
  t.end();
});

await t.test('a single key, in one frame per block and in the same shape', (t) => {
  const { hub } = open();
  const [whole, one, none] = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
  hub.subscribe(whole, wish());
  hub.subscribe(one, wish({ key: 'k1' }));
  hub.subscribe(none, wish({ key: 'k9' }));
  hub.predictions('flights', predictionBlock(ORIGIN, [1, 2, 3, 4]));
  t.same(one.ids, ['flights-0-1', 'flights-0-4']);
  t.equal(one.frames('predictions').length, 1);
  const [first] = whole.frames('predictions')[0]?.items ?? [];
  t.same(one.frames('predictions')[0]?.items?.[0], first);
  t.same(none.ids, []);
  t.end();
});

await t.test('predictions that are recomputed after a restart are not delivered twice', (t) => {
  const { hub } = open();
  const socket = new FakeSocket();
  hub.subscribe(socket, wish());
  hub.predictions('flights', predictionBlock(ORIGIN, [1, 2, 3]));
  hub.predictions('flights', predictionBlock(ORIGIN, [1, 2, 3]));
  hub.predictions('flights', predictionBlock(ORIGIN, [2, 3, 4]));
  t.same(
    socket.ids,
    [1, 2, 3, 4].map((offset) => `flights-0-${offset}`),
  );
  t.end();
});

await t.test('a slow subscriber is closed with 4008 and counted; the others are not', (t) => {
  const { hub, telemetry } = open();
  const [slow, quick] = [new FakeSocket(), new FakeSocket()];
  hub.subscribe(slow, wish());
  hub.subscribe(quick, wish());
  slow.bufferedBytes = SUBSCRIBER_BUFFER_BYTES_MAX;
  hub.predictions('flights', predictionBlock(ORIGIN, [1]));
  t.equal(slow.closed?.code, 4008);
  t.equal(telemetry.counts.get('feed_cut_off_total'), 1);
  t.equal(telemetry.gauges.get('feed_subscribers'), 1);
  hub.predictions('flights', predictionBlock(ORIGIN, [2]));
  t.same(quick.ids, ['flights-0-1', 'flights-0-2']);
  t.end();
});

await t.test('without subscribers nothing is serialised', (t) => {
  const { hub, telemetry } = open();
  const block = predictionBlock(ORIGIN, [1, 2]);
  const keys = new Proxy(block.keys, {
    get: (target, name, receiver) => {
      if (name === '0' || name === '1') throw new Error('a key was read');
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  hub.predictions('flights', { ...block, keys });
  t.equal(telemetry.counts.get('feed_messages_total'), undefined);
  t.end();
});

await t.test('a sample has a few of the newest predictions', (t) => {
  const { hub } = open();
  const socket = new FakeSocket();
  hub.subscribe(socket, wish({ sample: true }));
  const offsets = Array.from({ length: 100 }, (_, i) => i);
  hub.predictions('flights', predictionBlock(ORIGIN, offsets.slice(0, 50)));
  hub.predictions('flights', predictionBlock(ORIGIN, offsets.slice(50)));
  t.same(
    socket.ids,
    [46, 47, 48, 49].map((offset) => `flights-0-${offset}`),
  );
  t.end();
});

await t.test('labels are sent to subscribers that want them', (t) => {
  const { hub } = open();
  const [asked, one, other] = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
  hub.subscribe(asked, wish({ labels: true }));
  hub.subscribe(one, wish({ labels: true, key: 'b' }));
  hub.subscribe(other, wish());
  const block: LabelBlock = {
    origin: ORIGIN,
    count: 2,
    watermarkMs: null,
    predictionOffsets: Float64Array.of(3, 4),
    predictionTimeMs: Float64Array.of(1, 2),
    labelTimeMs: Float64Array.of(10, 20),
    labelOffsets: Float64Array.of(8, 9),
    positions: Float64Array.of(8, 9),
    labels: Float32Array.of(1, Number.NaN),
    scores: Float32Array.of(0.5, 0.25),
    shadowScores: Float32Array.of(Number.NaN, Number.NaN),
    flags: new Uint8Array(2),
    versions: ['v1', 'v1'],
    keys: ['a', 'b'],
  };
  hub.labels('flights', block);
  const b = { id: 'flights-0-4', key: 'b', label: null, labelTime: 20, score: 0.25, version: 'v1' };
  t.same(asked.frames('labels')[0]?.items?.[1], b, 'a label that will never arrive is null');
  t.same(asked.frames('labels')[0]?.items?.length, 2);
  t.same(one.frames('labels')[0]?.items, [b]);
  t.equal(other.frames('labels').length, 0);
  t.end();
});

await t.test('an invalid subscription is refused with a remedy', (t) => {
  const { hub, telemetry } = open();
  const socket = new FakeSocket();
  hub.subscribe(socket, wish({ topology: 'trains' }));
  hub.subscribe(socket, wish({ after: ['trains-0-1'] }));
  hub.subscribe(socket, wish({ after: ['flights-7-1'] }));
  hub.subscribe(socket, wish());
  hub.subscribe(socket, wish());
  t.match(socket.sent, [
    { type: 'error', code: 'TOPOLOGY_UNKNOWN', remedy: /"flights"/ },
    { type: 'error', code: 'RESUME_ID_INVALID', remedy: /id/ },
    { type: 'error', code: 'RESUME_ID_INVALID' },
    { type: 'subscribed' },
    { type: 'error', code: 'ALREADY_SUBSCRIBED', remedy: /second connection/ },
  ]);
  t.equal(telemetry.counts.get('feed_refusals_total'), 4);
  hub.drop(socket);
  hub.drop(socket);
  hub.predictions('flights', predictionBlock(ORIGIN, [1]));
  t.same(socket.ids, [], 'a client that disconnected gets nothing');
  t.end();
});
