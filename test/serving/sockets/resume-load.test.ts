// Hundreds of clients that resume from old ids: the port answers probes meanwhile.
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import type { ReplayRequest } from '../../../src/serving/sockets/catch-up.ts';
import type { PredictionRows } from '../../../src/serving/sockets/frames.ts';
import { PredictionHub } from '../../../src/serving/sockets/prediction-hub.ts';
import type { ServerSocket } from '../../../src/ports/web-server.ts';
import { exampleStart } from '../../e2e/example-run.ts';
import { openExampleServing } from '../../support/example-serving.ts';
import { predictionBlock } from '../../support/prediction-block.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';

const CLIENTS = 300;
const BLOCKS = 5;
const BLOCK_ROWS = 2_000;
const PAUSE_MS = 5;
/** That of the issue; on a quiet machine a probe takes some milliseconds. */
const LIVEZ_MS_MAX = 1_000;
const ORIGIN = { topic: 'flights', partition: 0 };

/** A client that reads at once, so that nothing but the port itself slows the resume down. */
class CountingSocket implements ServerSocket {
  readonly open = true;
  readonly bufferedBytes = 0;
  frames = 0;

  send(): void {
    this.frames += 1;
  }

  close(_code: number, reason: string): void {
    throw new Error(`a client was closed: ${reason}`);
  }
}

t.test('300 clients resume from the first id, each by its key', async (t) => {
  const blocks = Array.from({ length: BLOCKS }, (_, block) =>
    predictionBlock(
      ORIGIN,
      Array.from({ length: BLOCK_ROWS }, (_, row) => block * BLOCK_ROWS + row),
    ),
  );
  // What memory no longer has is read from the log: here at once, so that nothing but the turns lets others in.
  async function* replay({ afterOffset }: ReplayRequest): AsyncGenerator<PredictionRows> {
    for (const block of blocks) if ((block.offsets.at(-1) ?? -1) > afterOffset) yield block;
  }
  const hub = new PredictionHub({ telemetry: new RecordingTelemetry(), replay });
  const { serving } = await openExampleServing({ hub, state: () => exampleStart(0) });
  t.teardown(() => serving.close(100));
  const livez = async (): Promise<number> => {
    const startedMs = performance.now();
    const { status } = await fetch(`http://127.0.0.1:${serving.port}/livez`);
    if (status !== 200) throw new Error(`/livez answered ${status}`);
    return performance.now() - startedMs;
  };
  await livez(); // the connection is open
  const sockets = Array.from({ length: CLIENTS }, () => new CountingSocket());
  // A frame of its own for each client and block: frames of whole blocks are encoded once for all.
  for (const [i, socket] of sockets.entries())
    hub.subscribe(socket, {
      topology: 'flights',
      key: `k${i % 3}`,
      after: ['flights-0-0'],
      labels: false,
      sample: false,
    });
  const isResumed = (): boolean => sockets.every(({ frames }) => frames >= 1 + BLOCKS);
  const tookMs: number[] = [];
  while (!isResumed()) {
    tookMs.push(await livez());
    await setTimeout(PAUSE_MS);
  }
  const slowest = Math.max(...tookMs);
  t.ok(slowest < LIVEZ_MS_MAX, `the slowest of ${tookMs.length} probes took ${Math.round(slowest)} ms`);
  t.ok(tookMs.length >= 10, `${tookMs.length} probes were answered before the clients had resumed`);
});
