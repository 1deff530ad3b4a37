// Resuming, against a model of the deliveries: no prediction is missing and none is sent twice.
import fc from 'fast-check';
import t from 'tap';
import type { ReplayPredictions } from '../../../src/serving/sockets/catch-up.ts';
import { PredictionHub } from '../../../src/serving/sockets/prediction-hub.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';
import { predictionBlock } from '../../support/prediction-block.ts';
import { FakeSocket } from './fake-socket.ts';
import { RESUME_ROWS_MAX } from '../../../src/core/port-limits.ts';

const TOPIC = 'flights';

function openHub(replay: ReplayPredictions | null, partitions = 2): PredictionHub {
  const hub = new PredictionHub({ telemetry: new RecordingTelemetry(), replay });
  hub.add('flights', TOPIC, partitions);
  return hub;
}

function wish(after: readonly string[], key: string | null = null) {
  return { topology: 'flights', key, after, labels: false, sample: false };
}

/** A log with these offsets of partition 0, in blocks of three. */
function logOf(offsets: readonly number[]): {
  replay: ReplayPredictions;
  asked: Array<readonly [number, number | null]>;
} {
  const asked: Array<readonly [number, number | null]> = [];
  const replay: ReplayPredictions = async function* ({ origin, afterOffset, beforeOffset }) {
    asked.push([afterOffset, beforeOffset]);
    const wanted = offsets.filter((at) => at > afterOffset && (beforeOffset === null || at < beforeOffset));
    for (let i = 0; i < wanted.length; i += 3) {
      await new Promise((resolve) => setImmediate(resolve));
      yield predictionBlock(origin, wanted.slice(i, i + 3));
    }
  };
  return { replay, asked };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Deliveries of a run: partition and offsets, ascending with gaps in each partition. */
const deliveries = fc
  .array(
    fc.record({
      partition: fc.nat(1),
      gaps: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
    }),
    {
      minLength: 1,
      maxLength: 30,
    },
  )
  .map((steps) => {
    const next = [0, 0];
    return steps.map(({ partition, gaps }) => {
      const offsets = gaps.map((gap) => (next[partition] = (next[partition] as number) + gap));
      return { partition, offsets };
    });
  });

await t.test('a client that names its last id gets the rest exactly once', async (t) => {
  const property = fc.asyncProperty(
    deliveries,
    fc.nat(29),
    fc.constantFrom(null, 'k1'),
    async (run, cut, key) => {
      const hub = openHub(null);
      const steady = new FakeSocket();
      hub.subscribe(steady, wish([], key));
      const leaving = new FakeSocket();
      hub.subscribe(leaving, wish([], key));
      const returning = new FakeSocket();
      for (const [i, { partition, offsets }] of run.entries()) {
        if (i === Math.min(cut, run.length - 1)) {
          hub.drop(leaving);
          const last = leaving.ids.at(-1);
          if (last === undefined) return; // nothing received: nothing to resume after
        }
        hub.predictions('flights', predictionBlock({ topic: TOPIC, partition }, offsets));
      }
      hub.subscribe(returning, wish([leaving.ids.at(-1) as string], key));
      await settle();
      hub.predictions('flights', predictionBlock({ topic: TOPIC, partition: 0 }, [1_000, 1_001, 1_002]));
      const got = [...leaving.ids, ...returning.ids];
      if (new Set(got).size !== got.length) throw new Error(`twice: ${got.join(' ')}`);
      const missing = steady.ids.filter((id) => !got.includes(id));
      if (missing.length > 0) throw new Error(`missing: ${missing.join(' ')} of ${steady.ids.join(' ')}`);
    },
  );
  await fc.assert(property, { numRuns: 300 });
  t.pass('300 runs');
});

await t.test('predictions that memory no longer has are read from the log', async (t) => {
  const offsets = Array.from({ length: RESUME_ROWS_MAX * 2 }, (_, i) => i * 2);
  const { replay, asked } = logOf(offsets);
  const hub = openHub(replay, 1);
  for (let i = 0; i < offsets.length; i += 1_024) {
    hub.predictions('flights', predictionBlock({ topic: TOPIC, partition: 0 }, offsets.slice(i, i + 1_024)));
  }
  const socket = new FakeSocket();
  hub.subscribe(socket, wish(['flights-0-10']));
  while (socket.ids.length < offsets.length - 6) {
    await new Promise((resolve) => setImmediate(resolve));
    if (socket.frames('error').length > 0) break;
  }
  await settle();
  hub.predictions('flights', predictionBlock({ topic: TOPIC, partition: 0 }, [1_000_001]));
  const expected = [...offsets.filter((at) => at > 10), 1_000_001].map((at) => `flights-0-${at}`);
  t.same(socket.ids, expected);
  t.equal(asked.length, 1);
  t.match(asked[0], [10, Number], 'from the id to the first one in memory');
});

await t.test('after a restart memory is empty: the log to its end, then live', async (t) => {
  const { replay } = logOf([1, 2, 3, 4, 5, 6, 7, 8]);
  const hub = openHub(replay, 1);
  const socket = new FakeSocket();
  hub.subscribe(socket, wish(['flights-0-3']));
  // Live predictions arrive while the log is read.
  hub.predictions('flights', predictionBlock({ topic: TOPIC, partition: 0 }, [9, 10]));
  await settle();
  hub.predictions('flights', predictionBlock({ topic: TOPIC, partition: 0 }, [11]));
  t.same(
    socket.ids,
    [4, 5, 6, 7, 8, 9, 10, 11].map((at) => `flights-0-${at}`),
  );
});

await t.test('a partition that another process owned meanwhile is read from the log', async (t) => {
  const { replay } = logOf([1, 2, 3, 4, 5, 6, 7]);
  const hub = openHub(replay, 1);
  hub.predictions('flights', predictionBlock({ topic: TOPIC, partition: 0 }, [1, 2]));
  hub.begins('flights', { topic: TOPIC, partition: 0 }, 6); // 3 to 6 were delivered by another process
  hub.predictions('flights', predictionBlock({ topic: TOPIC, partition: 0 }, [7]));
  const socket = new FakeSocket();
  hub.subscribe(socket, wish(['flights-0-2']));
  await settle();
  t.same(
    socket.ids,
    [3, 4, 5, 6, 7].map((at) => `flights-0-${at}`),
  );
});

await t.test(
  'predictions of an owner that died before its commit are not sent to the client again',
  async (t) => {
    const { replay } = logOf([1, 2, 3]);
    const hub = openHub(replay, 1);
    const socket = new FakeSocket();
    const ofKey = new FakeSocket();
    const block = predictionBlock({ topic: TOPIC, partition: 0 }, [4, 5, 6, 7]);
    hub.subscribe(socket, wish(['flights-0-5']));
    hub.subscribe(ofKey, wish(['flights-0-6'], 'k1'));
    await settle();
    hub.predictions('flights', block);
    hub.predictions('flights', predictionBlock({ topic: TOPIC, partition: 0 }, [8]));
    t.same(socket.ids, ['flights-0-6', 'flights-0-7', 'flights-0-8']);
    t.same(ofKey.ids, ['flights-0-7'], 'of its key as well');
  },
);

await t.test('a partition that is assigned while a client catches up is read to its end again', async (t) => {
  const offsets = [1, 2, 3];
  const { replay } = logOf(offsets);
  const hub = openHub(replay, 2);
  const socket = new FakeSocket();
  const origin = { topic: TOPIC, partition: 0 };
  hub.subscribe(socket, wish(['flights-0-1', 'flights-1-1']));
  await new Promise((resolve) => setImmediate(resolve));
  hub.predictions('flights', predictionBlock(origin, [4, 5]));
  offsets.push(4, 5); // committed
  hub.begins('flights', origin, 5);
  await settle();
  hub.predictions('flights', predictionBlock(origin, [6]));
  t.same(
    socket.ids.filter((id) => id.startsWith('flights-0-')),
    [2, 3, 4, 5, 6].map((at) => `flights-0-${at}`),
  );
});

await t.test('uncommitted predictions are delivered again to clients that lack them', async (t) => {
  const { replay } = logOf([1, 2, 3]);
  const hub = openHub(replay, 1);
  const origin = { topic: TOPIC, partition: 0 };
  const before = new FakeSocket();
  hub.subscribe(before, wish([]));
  hub.predictions('flights', predictionBlock(origin, [3, 4]));
  hub.begins('flights', origin, 3); // 4 was not committed
  const after = new FakeSocket();
  hub.subscribe(after, wish(['flights-0-3']));
  await settle();
  hub.predictions('flights', predictionBlock(origin, [4, 5]));
  t.same(before.ids, ['flights-0-3', 'flights-0-4', 'flights-0-5']);
  t.same(after.ids, ['flights-0-4', 'flights-0-5']);
});

await t.test('the client gets an error if the log cannot be read', async (t) => {
  const hub = openHub(null, 1);
  const socket = new FakeSocket();
  hub.subscribe(socket, wish(['flights-0-3']));
  await settle();
  t.match(socket.frames('error'), [{ code: 'RESUME_UNAVAILABLE' }]);
  hub.predictions('flights', predictionBlock({ topic: TOPIC, partition: 0 }, [9]));
  t.same(socket.ids, [], 'and is not subscribed');
  hub.subscribe(socket, wish([]));
  hub.predictions('flights', predictionBlock({ topic: TOPIC, partition: 0 }, [10]));
  t.same(socket.ids, ['flights-0-10'], 'but may subscribe without an id');
});

await t.test('a client catches up at its own pace and within its buffer', async (t) => {
  const hub = openHub(null, 1);
  const socket = new FakeSocket();
  for (let i = 0; i < 8; i++) {
    const offsets = Array.from({ length: 1_000 }, (_, k) => i * 1_000 + k + 1);
    hub.predictions('flights', predictionBlock({ topic: TOPIC, partition: 0 }, offsets));
  }
  socket.bufferedBytes = 3_000_000;
  hub.subscribe(socket, wish(['flights-0-1']));
  await settle();
  t.equal(socket.ids.length, 0, 'waits while the buffer is full');
  socket.bufferedBytes = 0;
  while (socket.ids.length < 7_999) await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(socket.ids.length, 7_999);
});
