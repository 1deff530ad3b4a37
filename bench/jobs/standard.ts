// The job that any stream processor's user would write (control path): one sliding window by key, one small model, one
// prediction an event.
import {
  count,
  defineTopology,
  features,
  max,
  mean,
  min,
  minutes,
  numeric,
  score,
  seconds,
  sliding,
  std,
  view,
  watermarks,
  type Topology,
} from '../../src/index.ts';
import { GraphBuilder } from '../../src/learning/graph-builder.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import type { RecordEncoder, SchemaCodec } from '../../src/ports/codec.ts';
import type { Job } from './job.ts';

export interface Tick {
  readonly id: string;
  readonly key: string;
  readonly time: number;
  readonly value: number;
  readonly quantity: number;
}

const KEYS = 1_000;
/** Each key once a second of event time: sixty events a window. */
const EVENTS_A_MS = KEYS / 1_000;
const START_MS = Date.UTC(2026, 0, 1);

const over = { over: sliding(minutes(1), seconds(10)) };

/** @param key the column that a prediction is about */
export function standardTopology(key: 'key' | 'id'): Topology {
  return defineTopology({
    name: 'standard',
    source: { topic: 'ticks', eventTime: 'time', partitions: 4 },
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
        derived: { deviation: { value: 1, 'key.mean': -1 } },
      }),
      score('score', { key, fallback: 0.5 }),
    ],
  });
}

/** Keys are few: one string and one buffer each. */
const keys = Array.from({ length: KEYS }, (_, i) => `key-${i}`);
const keyBytes = keys.map((key) => Buffer.from(key));

export class TickSource {
  readonly #encoder: RecordEncoder<Tick>;
  #random = 1;
  #sent = 0;

  constructor(encoder: RecordEncoder<Tick>) {
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

const topology = standardTopology('key');

export const standard: Job = {
  name: 'standard',
  topology,
  model: async () => logisticModel(topology.features?.features.length ?? 0),
  async records(codec: SchemaCodec, total: number): Promise<LogRecord[]> {
    const source = new TickSource(await codec.encoder<Tick>('ticks-value'));
    return Array.from({ length: total }, () => source.next());
  },
};
