// A small topology with every stage, and its events, for tests of the engine.
import {
  add,
  atLeast,
  binary,
  categorical,
  contract,
  count,
  dedupe,
  defineTopology,
  features,
  fresh,
  hours,
  labels,
  mean,
  minutes,
  multiply,
  numeric,
  oneOf,
  range,
  required,
  score,
  sliding,
  view,
  watermarks,
  type LearningOptions,
  type Topology,
} from '../../src/index.ts';
import { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import type { Schema } from '../../src/core/schema.ts';
import type { Row } from '../../src/testing/index.ts';

const string = { kind: 'string', nullable: true } as const;
const number = { kind: 'number', nullable: true } as const;

export const ordersSchema: Schema = {
  type: string,
  id: string,
  event: string,
  user: string,
  amount: number,
  paid: number,
  at: number,
};

/** Whose events name the user, by a hash. */
export const hashedOrders: Topology = defineTopology({
  name: 'orders',
  source: { topic: 'orders', eventTime: 'at', partitions: 1, sensitive: { user: 'hash' }, entity: 'user' },
  stages: [watermarks('watermarks', { allowedLatenessMs: minutes(1) })],
});

const nothing: Row = Object.fromEntries(Object.keys(ordersSchema).map((name) => [name, null]));

/** Control boundaries are hourly and live by default. */
export interface OrdersOptions extends LearningOptions {
  readonly partitions?: number;
  readonly archive?: boolean;
}

/** Orders are scored, payments label them, and withdrawals declare that there will be no label. */
export function ordersTopology(options: OrdersOptions = {}): Topology {
  return defineTopology({
    name: 'orders',
    source: {
      topic: 'orders',
      eventTime: 'at',
      partitions: options.partitions ?? 1,
      archive: options.archive ?? false,
    },
    stages: [
      contract('contract', [
        required('user', { where: { type: 'order' } }),
        oneOf('type', ['order', 'payment', 'withdrawn']),
        oneOf('user', ['ann', 'bob', 'cid', 'other'], { otherwise: { default: 'other' } }),
        range('amount', 0, 1_000, { otherwise: { default: null } }),
        fresh({ aheadMs: hours(1) }),
      ]),
      dedupe('dedupe', { by: ['event'], withinMs: hours(1) }),
      watermarks('watermarks', { allowedLatenessMs: minutes(5) }),
      features('features', {
        when: { type: 'order' },
        fields: { amount: numeric('amount'), user: categorical('user') },
        views: {
          user: view(['user'], {
            orders_1h: count({ over: sliding(hours(1)), where: { type: 'order' } }),
            amount_1h: mean('amount', { over: sliding(hours(1)), where: { type: 'order' }, clip: [0, 50] }),
          }),
        },
        derived: { others_1h: add('user.orders_1h', multiply('amount', 0.5)) },
      }),
      score('score', { key: 'id', fallback: 0.25 }),
      labels('labels', {
        key: 'id',
        when: { type: 'payment' },
        task: binary({ column: 'paid', positive: atLeast(1) }),
        never: { type: 'withdrawn' },
        timeoutMs: hours(2),
      }),
    ],
    control: options.control ?? {},
    drift: options.drift ?? false,
    retraining: options.retraining ?? false,
  });
}

/** Codec of the topic `orders` and of the topics that Millrace writes. */
export function ordersCodec(): AvroCodec {
  return new AvroCodec(
    new ProjectSchemas({
      registry: { url: null },
      schemaFolders: [new URL('./schemas', import.meta.url).pathname],
    }),
  );
}

/** An event with every column of the schema, as the encoder requires. */
export const orderEvent = (row: Row): Row => ({ ...nothing, ...row });

export const order = (id: string, user: string | null, amount: number, at: number): Row => ({
  type: 'order',
  id,
  event: `o-${id}`,
  user,
  amount,
  at,
});

export const payment = (id: string, paid: number, at: number): Row => ({
  type: 'payment',
  id,
  event: `p-${id}`,
  paid,
  at,
});

export const withdrawn = (id: string, at: number): Row => ({ type: 'withdrawn', id, event: `w-${id}`, at });
