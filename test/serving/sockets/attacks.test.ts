// WebSocket clients that do not read, send too much, or resume all at once.
import t from 'tap';
import { WebSocket } from 'ws';
import { RESUME_SLICE_MS, SUBSCRIBER_BUFFER_BYTES_MAX } from '../../../src/core/port-limits.ts';
import { PredictionHub } from '../../../src/serving/sockets/prediction-hub.ts';
import { ResumeTurns } from '../../../src/serving/sockets/resume-turns.ts';
import { SocketSessions } from '../../../src/serving/sockets/sessions.ts';
import { exampleStart } from '../../e2e/example-run.ts';
import { canonicalHead } from '../../support/canonical-head.ts';
import { openAccess, openExampleServing } from '../../support/example-serving.ts';
import { predictionBlock } from '../../support/prediction-block.ts';
import { everything, rawConnection, rawUpgrade } from '../../support/raw-http.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';
import { FakeSocket } from './fake-socket.ts';

const ORIGIN = { topic: 'flights', partition: 0 };
const BLOCKS = 4;
const BLOCK_ROWS = 2_000;
/** What a block costs to send, ms. */
const SEND_MS = 1;

function filledHub(): PredictionHub {
  const hub = new PredictionHub({ telemetry: new RecordingTelemetry(), replay: null });
  hub.add('flights', 'flights', 1);
  for (let block = 0; block < BLOCKS; block++) {
    const offsets = Array.from({ length: BLOCK_ROWS }, (_, row) => block * BLOCK_ROWS + row);
    hub.predictions('flights', predictionBlock(ORIGIN, offsets));
  }
  return hub;
}

t.test('an error frame counts against the bound of what a client has not read', (t) => {
  const hub = new PredictionHub({ telemetry: new RecordingTelemetry(), replay: null });
  const socket = new FakeSocket();
  socket.bufferedBytes = SUBSCRIBER_BUFFER_BYTES_MAX;
  hub.subscribe(socket, { topology: 'none', key: null, after: [], labels: false, sample: false });
  t.equal(socket.closed?.code, 4008);
  t.end();
});

t.test('a client that sends too many messages is closed with 1008', (t) => {
  let nowMs = 0;
  const telemetry = new RecordingTelemetry();
  const hub = filledHub();
  const sessions = new SocketSessions({ hub, telemetry, access: openAccess(telemetry), nowMs: () => nowMs });
  t.teardown(() => sessions.close());
  const socket = new FakeSocket();
  sessions.opened(socket, canonicalHead());
  for (let i = 0; i < 200; i++, nowMs += 100) sessions.message(socket, 'x');
  t.equal(socket.closed, null, 'ten a second are allowed');
  for (let i = 0; i < 65; i++) sessions.message(socket, 'x');
  t.equal(socket.closed?.code, 1008);
  const { length } = socket.sent;
  sessions.message(socket, 'x');
  t.equal(socket.sent.length, length, 'nothing is answered any more');
  t.end();
});

await t.test('clients that resume take turns with the event loop', async (t) => {
  const hub = filledHub();
  const sockets = Array.from({ length: 16 }, () => new FakeSocket());
  const wants = { topology: 'flights', key: null, after: ['flights-0-0'], labels: false, sample: false };
  for (const socket of sockets) hub.subscribe(socket, wants);
  let turns = 0;
  while (sockets.some(({ ids }) => ids.length < BLOCKS * BLOCK_ROWS - 1) && turns < 10_000) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  for (const { ids } of sockets) t.equal(ids.length, BLOCKS * BLOCK_ROWS - 1);
  t.ok(turns > 1, `${turns} turns of the event loop`);
});

await t.test('a turn of the event loop has blocks for a slice of time, and one at least', async (t) => {
  for (const [blockMs, perTurn] of [
    [0.5, 4],
    [50, 1],
  ] as const) {
    let nowMs = 0;
    const turns = new ResumeTurns(() => nowMs);
    const sentAt: number[] = [];
    const send = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        await turns.next();
        sentAt.push(nowMs);
        nowMs += blockMs;
      }
    };
    const all = [send(), send()];
    const counts: number[] = [];
    while (sentAt.length < 20) {
      const before = sentAt.length;
      await new Promise((resolve) => setImmediate(resolve));
      counts.push(sentAt.length - before);
    }
    await Promise.all(all);
    t.equal(Math.max(...counts), perTurn, `blocks of ${blockMs} ms: ${counts.join()}`);
  }
});

await t.test('a block is encoded once for all clients that resume over it', async (t) => {
  const hub = filledHub();
  class Recording extends FakeSocket {
    readonly received: Uint8Array[] = [];
    override send(text: Uint8Array): void {
      this.received.push(text);
    }
  }
  const wants = { topology: 'flights', key: null, after: ['flights-0-0'], labels: false, sample: false };
  const [one, two] = [new Recording(), new Recording()];
  hub.subscribe(one, wants);
  hub.subscribe(two, wants);
  for (let i = 0; two.received.length < 1 + BLOCKS && i < 1_000; i++)
    await new Promise((resolve) => setImmediate(resolve));
  t.equal(two.received.length, 1 + BLOCKS);
  for (let i = 1; i <= BLOCKS; i++) t.equal(one.received[i], two.received[i]);
});

await t.test('clients that resume and do not read hold up no others', async (t) => {
  const hub = filledHub();
  const wants = { topology: 'flights', key: null, after: ['flights-0-0'], labels: false, sample: false };
  const idle = Array.from({ length: 20 }, () => new FakeSocket());
  for (const socket of idle) {
    socket.bufferedBytes = SUBSCRIBER_BUFFER_BYTES_MAX / 2;
    hub.subscribe(socket, wants);
  }
  const socket = new FakeSocket();
  hub.subscribe(socket, wants);
  for (let i = 0; socket.ids.length < BLOCKS * BLOCK_ROWS - 1 && i < 1_000; i++)
    await new Promise((resolve) => setImmediate(resolve));
  t.equal(socket.ids.length, BLOCKS * BLOCK_ROWS - 1);
  for (const { ids } of idle) t.same(ids, []);
  for (const one of idle) hub.drop(one);
});

await t.test('clients that have read what they had at the same time take turns', async (t) => {
  const hub = filledHub();
  let sends = 0;
  class Costly extends FakeSocket {
    override send(text: Uint8Array): void {
      super.send(text);
      sends += 1;
      const untilMs = performance.now() + SEND_MS;
      while (performance.now() < untilMs);
    }
  }
  const wants = { topology: 'flights', key: null, after: ['flights-0-0'], labels: false, sample: false };
  const sockets = Array.from({ length: 40 }, () => new Costly());
  for (const socket of sockets) {
    hub.subscribe(socket, wants);
    socket.bufferedBytes = SUBSCRIBER_BUFFER_BYTES_MAX / 2;
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const socket of sockets) socket.bufferedBytes = 0;
  let most = 0;
  while (sockets.some(({ ids }) => ids.length < BLOCKS * BLOCK_ROWS - 1)) {
    const before = sends;
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, sends - before);
  }
  t.ok(most <= 2 * Math.ceil(RESUME_SLICE_MS / SEND_MS), `${most} blocks in one turn of the event loop`);
});

await t.test('real clients that send and never read', async (t) => {
  const { serving } = await openExampleServing({ state: () => exampleStart(0) });
  t.teardown(() => serving.close(100));
  const closed = await Promise.all(
    ['message', 'ping'].map(async (kind) => {
      const socket = await rawConnection(serving.port);
      const gone = new Promise((resolve) => socket.once('close', resolve));
      socket.pause();
      socket.write(rawUpgrade('/ws'));
      const payload = kind === 'ping' ? 100 : 1;
      const frame = Buffer.from([
        kind === 'ping' ? 0x89 : 0x81,
        0x80 + payload,
        0,
        0,
        0,
        0,
        ...Buffer.alloc(payload, 0x78),
      ]);
      const many = Buffer.concat(Array.from({ length: 1_000 }, () => frame));
      const isGone = gone.then(() => true);
      for (let i = 0; i < 200; i++) {
        const isOver = await Promise.race([
          isGone,
          new Promise<boolean>((resolve) => socket.write(many, (error) => resolve(error instanceof Error))),
        ]);
        if (isOver) return true;
      }
      socket.resume();
      return (await everything(socket, 2_000)) !== '';
    }),
  );
  t.same(closed, [true, true], 'they are disconnected');
  t.ok(process.memoryUsage().external < 256 * 1_048_576, 'and their answers are not kept');
  const client = new WebSocket(`ws://127.0.0.1:${serving.port}/ws?topology=flights`);
  await new Promise((resolve) => client.once('message', resolve));
  client.terminate();
});
