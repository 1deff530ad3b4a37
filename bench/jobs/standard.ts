// The job that any stream processor's user would write (control path): one sliding window by key, one small model, one
// prediction an event.
import {
  count,
  defineTopology,
  double,
  features,
  int,
  json,
  max,
  mean,
  min,
  minutes,
  numeric,
  protobuf,
  score,
  seconds,
  sliding,
  std,
  string,
  subtract,
  timestamp,
  view,
  watermarks,
  type Format,
  type Topology,
} from '../../src/index.ts';
import { GraphBuilder } from '../../src/learning/graph-builder.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import type { SchemaCodec } from '../../src/ports/codec.ts';
import { planColumns } from '../../src/adapters/json/column-tree.ts';
import { JsonEventEncoder } from '../../src/adapters/json/event-encoder.ts';
import { ProtobufEventEncoder } from '../../src/adapters/protobuf/event-encoder.ts';
import { messageOfFile } from '../../src/adapters/protobuf/source-message.ts';
import type { SourceOptions } from '../../src/topology/source.ts';
import type { Job } from './job.ts';

/** A type, as an interface is no row by column name. */
export type Tick = {
  readonly id: string;
  readonly key: string;
  readonly time: number;
  readonly value: number;
  readonly quantity: number;
};

const KEYS = 1_000;
/** Each key once a second of event time: sixty events a window. */
const EVENTS_A_MS = KEYS / 1_000;
const START_MS = Date.UTC(2026, 0, 1);

const over = { over: sliding(minutes(1), seconds(10)) };

const schema = { id: string, key: string, time: timestamp, value: double, quantity: int };

/** Of the schema file in Avro; other formats have the same columns declared. */
export function tickSource(format?: Format): SourceOptions {
  const source = { topic: 'ticks', eventTime: 'time', partitions: 4 };
  return format === undefined || format.name === 'avro' ? source : { ...source, schema, format };
}

/** @param key the column that a prediction is about */
export function standardTopology(key: 'key' | 'id', format?: Format): Topology {
  return defineTopology({
    name: 'standard',
    source: tickSource(format),
    stages: [
      watermarks({ allowedLatenessMs: 0 }),
      features('features', {
        when: {},
        fields: { value: numeric('value'), quantity: numeric('quantity') },
        views: {
          key: view(['key'], {
            count: count(over),
            mean: mean('value', over),
            std: std('value', over),
            min: min('value', over),
            max: max('value', over),
          }),
        },
        derived: { deviation: subtract('value', 'key.mean') },
      }),
      score('score', { key, fallback: 0.5 }),
    ],
  });
}

/** Keys are few: one string and one buffer each. */
const keys = Array.from({ length: KEYS }, (_, i) => `key-${i}`);
const keyBytes = keys.map((key) => Buffer.from(key));

/** Of a codec or of a format. */
export interface TickEncoder {
  encode(tick: Tick): Buffer;
}

export class TickSource {
  readonly #encoder: TickEncoder;
  #random = 1;
  #sent = 0;

  constructor(encoder: TickEncoder) {
    this.#encoder = encoder;
  }

  /** Linear congruential (Numerical Recipes), uniform in [0, 1). */
  #next(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 0x1_0000_0000;
  }

  /** The next event; `id` is its number where none is given. */
  next(id: string = String(this.#sent)): LogRecord {
    const at = Math.floor(this.#next() * KEYS);
    const time = START_MS + Math.floor(this.#sent++ / EVENTS_A_MS);
    const tick = {
      id,
      key: keys[at] as string,
      time,
      value: 100 * this.#next(),
      quantity: Math.floor(10 * this.#next()),
    };
    return { key: keyBytes[at] as Buffer, value: this.#encoder.encode(tick), timestampMs: time };
  }
}

/** A logistic regression over the topology's eight features. */
export function logisticModel(width: number): Uint8Array {
  const graph = new GraphBuilder('logistic');
  const input = graph.input('features', 'float32', ['n', width]);
  const weights = Float32Array.from({ length: width }, (_, i) => (i % 2 === 0 ? 0.02 : -0.02));
  const weight = graph.initializer('weight', { type: 'float32', data: weights, dims: [width, 1] });
  const known = graph.op('Where', [graph.op('IsNaN', [input]), graph.scalar(0), input]);
  const sum = graph.op('Add', [graph.op('MatMul', [known, weight]), graph.scalar(0.1)]);
  const score = graph.op('Reshape', [graph.op('Sigmoid', [sum]), graph.ints([-1])]);
  graph.output('score', score, 'float32', ['n']);
  return graph.build();
}

export function encodedTicks(encoder: TickEncoder, count: number): LogRecord[] {
  const source = new TickSource(encoder);
  return Array.from({ length: count }, () => source.next());
}

const topology = standardTopology('key');
const model = async (): Promise<Uint8Array> => logisticModel(topology.features?.features.length ?? 0);

export const standard: Job = {
  name: 'standard',
  topology,
  model,
  records: async (codec: SchemaCodec, total: number) =>
    encodedTicks(await codec.encoder<Tick>('ticks-value'), total),
};

const topologyJson = standardTopology('key', json());

export const standardJson: Job = {
  name: 'standard-json',
  topology: topologyJson,
  model,
  records: async (_codec: SchemaCodec, total: number) =>
    encodedTicks(new JsonEventEncoder(planColumns(schema, 'ticks'), 'time', 'ticks'), total),
};

const ticksProto = new URL('./ticks.proto', import.meta.url);

/** Messages of the standard job, without a frame. */
export function tickMessages(): Format {
  return protobuf({ descriptor: ticksProto });
}

const topologyProtobuf = standardTopology('key', tickMessages());

export const standardProtobuf: Job = {
  name: 'standard-protobuf',
  topology: topologyProtobuf,
  model,
  records: async (_codec: SchemaCodec, total: number) => {
    const message = await messageOfFile(ticksProto, null);
    return encodedTicks(new ProtobufEventEncoder(message, schema, null, 'ticks'), total);
  },
};
