// History gets what an epoch made once the epoch is committed, and nothing of one that never was.
import t from 'tap';
import { textColumn } from '../../../src/core/text-bytes.ts';
import { EpochOutputs } from '../../../src/runtime/commit/epoch-outputs.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { MemoryHistory } from '../../support/memory-history.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { ordersTopology } from '../../support/orders.ts';
import { predictionBlock } from '../../support/prediction-block.ts';

t.test('rows of an epoch that is not committed are nowhere', async (t) => {
  const topology = ordersTopology();
  const history = new MemoryHistory();
  const encoder = { encode: () => Buffer.alloc(0) };
  const prediction = { encode: () => textColumn([], 0, 0) };
  const sinks = {
    writer: {
      append: () => undefined,
      committed: () => Promise.resolve(null),
      commit: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    encoders: { prediction, deadLetter: encoder, late: encoder },
    history,
    feed: { predictions: () => undefined, labels: () => undefined },
    telemetry: new FakeTelemetry(),
  };
  const outputs = new EpochOutputs(topology.name, topicsOf(topology), sinks, 2, () => 0);
  const rows = async (): Promise<number> => {
    const set = await history.trainingSet({
      topology: 'orders',
      fromMs: 0,
      untilMs: 1e9,
      rowsMax: 100,
      width: 1,
    });
    return set.rowCount;
  };
  const origin = { topic: 'orders', partition: 0 };
  const made = predictionBlock(origin, [1, 2, 3]);
  outputs.predictions(made);
  outputs.labels({
    origin,
    count: 3,
    watermarkMs: null,
    predictionOffsets: made.offsets,
    predictionTimeMs: made.eventTimeMs,
    labelTimeMs: made.eventTimeMs,
    labelOffsets: made.offsets,
    positions: made.offsets,
    labels: new Float32Array(3),
    scores: made.scores,
    shadowScores: new Float32Array(3),
    flags: made.flags,
    versions: ['v1', 'v1', 'v1'],
    keys: made.keys,
  });
  const committed = outputs.close(4);
  t.equal(await rows(), 0);
  committed();
  t.equal(await rows(), 3, 'those below G too: the run that committed them may not have written them');
  outputs.close(4)();
  t.equal(await rows(), 3, 'each row once');
});
