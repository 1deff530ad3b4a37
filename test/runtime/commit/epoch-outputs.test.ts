// Which outputs of an epoch each sink receives, and when.
import t from 'tap';
import type { RawBatch } from '../../../src/core/batch.ts';
import type { LabelBlock, PredictionBlock } from '../../../src/core/blocks.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { textColumn } from '../../../src/core/text-bytes.ts';
import type { Sink, SinkDelivery } from '../../../src/ports/sink.ts';
import { EpochOutputs, type OutputParts } from '../../../src/runtime/commit/epoch-outputs.ts';
import { ManagedSink } from '../../../src/runtime/commit/managed-sink.ts';
import { Sinks } from '../../../src/runtime/commit/sinks.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { ordersTopology } from '../../support/orders.ts';
import { predictionBlock } from '../../support/prediction-block.ts';

const topology = ordersTopology();
const origin = { topic: 'orders', partition: 0 };

class RecordingSink implements Sink {
  readonly offsets: number[] = [];
  readonly labelled: number[] = [];
  failure: Error | null = null;

  predictions({ offsets }: PredictionBlock): void {
    if (this.failure !== null) throw this.failure;
    this.offsets.push(...offsets);
  }
  labels({ predictionOffsets }: LabelBlock): void {
    this.labelled.push(...predictionOffsets);
  }
  async flush(): Promise<void> {}
  readonly bufferedRows = 0;
  async close(): Promise<void> {}
}

function managed(sink: Sink, delivery: SinkDelivery): ManagedSink {
  return new ManagedSink({
    name: delivery,
    delivery,
    sink,
    topology: 'orders',
    telemetry: new FakeTelemetry(),
  });
}

interface Opened {
  readonly outputs: EpochOutputs;
  readonly live: RecordingSink;
  readonly stored: RecordingSink;
  /** Offsets of the predictions in the log. */
  readonly logged: number[];
}

/** @param committedBelow offset below which an earlier run has committed everything */
function open(committedBelow: number, more: Partial<OutputParts> = {}): Opened {
  const encoder = { encode: () => Buffer.alloc(0) };
  const logged: number[] = [];
  const live = new RecordingSink();
  const stored = new RecordingSink();
  const outputs = new EpochOutputs(
    {
      topology: topology.name,
      topics: topicsOf(topology),
      writer: {
        recordBytesMax: () => Number.POSITIVE_INFINITY,
        append: () => undefined,
        committed: () => Promise.resolve(null),
        commit: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
      encoders: {
        prediction: {
          encode: ({ id }, from, to) => {
            if (id?.kind === 'numbered') logged.push(...id.values.subarray(from, to));
            return textColumn([], 0, 0);
          },
        },
        deadLetter: encoder,
        late: encoder,
      },
      sinks: new Sinks([managed(stored, 'after-commit'), managed(live, 'immediate')]),
      archive: null,
      counts: { count: () => undefined, total: () => undefined },
      deadLetterLog: { add: () => undefined },
      nowMs: () => 0,
      ...more,
    },
    committedBelow,
  );
  return { outputs, live, stored, logged };
}

function labelsOf(block: PredictionBlock): LabelBlock {
  const { count, offsets, eventTimeMs, scores, flags, keys } = block;
  return {
    origin,
    count,
    watermarkMs: null,
    predictionOffsets: offsets,
    predictionTimeMs: eventTimeMs,
    labelTimeMs: eventTimeMs,
    labelOffsets: offsets,
    positions: offsets,
    labels: new Float32Array(count),
    scores,
    shadowScores: new Float32Array(count),
    flags,
    versions: keys.map(() => 'v1'),
    keys,
  };
}

t.test(
  'an after-commit sink receives rows once their epoch is committed, an immediate one at once',
  async (t) => {
    const { outputs, live, stored, logged } = open(0);
    const block = predictionBlock(origin, [1, 2, 3]);
    outputs.predictions(block);
    outputs.labels(labelsOf(block));
    t.same(
      [live.offsets, live.labelled, logged],
      [
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3],
      ],
    );
    const committed = outputs.close(4);
    outputs.predictions(predictionBlock(origin, [4]));
    t.same([stored.offsets, stored.labelled], [[], []], 'nothing from an epoch that may not be committed');
    committed();
    t.same(
      [stored.offsets, stored.labelled],
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
      'and nothing from the next epoch',
    );
    outputs.close(5)();
    t.same(stored.offsets, [1, 2, 3, 4], 'each row once');
  },
);

t.test('rows that an earlier run has committed go to after-commit sinks only', async (t) => {
  const { outputs, live, stored, logged } = open(3);
  outputs.predictions(predictionBlock(origin, [1, 2]));
  outputs.predictions(predictionBlock(origin, [3, 4]));
  outputs.close(5)();
  t.same(live.offsets, [3, 4]);
  t.same(logged, [3, 4]);
  t.same(stored.offsets, [1, 2, 3, 4], 'that run may have ended before they were flushed');
});

t.test('no row is written to the log twice, even if a block spans the committed offset', async (t) => {
  const { outputs, logged } = open(3);
  outputs.predictions(predictionBlock(origin, [1, 2, 3, 4]));
  t.same(logged, [3, 4]);
});

t.test('if an immediate sink throws, its epoch is not committed', async (t) => {
  const { outputs, live, stored, logged } = open(0);
  live.failure = new TypeError('no such method');
  outputs.predictions(predictionBlock(origin, [1]));
  t.same(logged, [1], 'other sinks receive the block');
  t.throws(() => outputs.close(2), { code: 'SINK_FAILED', message: /no such method.*immediate/ });
  t.same(stored.offsets, []);
});

t.test('if an after-commit sink throws, the task fails', async (t) => {
  const { outputs, stored } = open(0);
  stored.failure = new TypeError('no such method');
  outputs.predictions(predictionBlock(origin, [1]));
  const committed = outputs.close(2);
  t.throws(committed, { code: 'SINK_FAILED', where: 'after-commit' });
});

t.test('what all targets refuse is set aside once, and what one cannot write by itself', async (t) => {
  const topics: string[] = [];
  const counted: string[] = [];
  const writer: OutputParts['writer'] = {
    recordBytesMax: () => Number.POSITIVE_INFINITY,
    append: (topic, records) => {
      if (Array.isArray(records)) topics.push(...records.map(() => topic));
    },
    committed: () => Promise.resolve(null),
    commit: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const counts: OutputParts['counts'] = {
    count: (name, by, labels) => void (by > 0 && counted.push(`${name} ${labels?.['code'] ?? ''}`)),
    total: () => undefined,
  };
  const column = ByteColumn.of([Buffer.from('x')]);
  const raw: RawBatch = {
    origin,
    count: 1,
    offsets: Float64Array.of(0),
    timestampMs: Float64Array.of(0),
    keys: column,
    values: column,
    offsetNext: 1,
    highWatermark: 1,
    receivedAtMs: 0,
  };
  for (const isSetAsideElsewhere of [false, true]) {
    const { outputs } = open(0, { writer, counts, isSetAsideElsewhere });
    outputs.deadLetter(raw, 0, 'EVENT_MALFORMED', 'broken');
    outputs.deadLetter(raw, 0, 'OUTPUT_TOO_LARGE', 'its key is too long');
    outputs.close(1)();
  }
  t.same(topics, ['orders.dead-letters', 'orders.dead-letters', 'orders.dead-letters']);
  t.same(counted, [
    'dead_letters_total EVENT_MALFORMED',
    'dead_letters_total OUTPUT_TOO_LARGE',
    'dead_letters_total OUTPUT_TOO_LARGE',
  ]);
});
