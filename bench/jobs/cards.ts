// The job that is compared with Kafka Streams and Flink (control path): twelve features of a card over three windows, two
// of its merchant, two of the payment; a small network; a prediction a payment.
import {
  count,
  defineTopology,
  derive,
  divide,
  features,
  hours,
  lifetime,
  max,
  mean,
  minutes,
  modulo,
  numeric,
  score,
  seconds,
  sliding,
  std,
  view,
  watermarks,
  type Topology,
} from '../../src/index.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import type { SchemaCodec } from '../../src/ports/codec.ts';
import { Random } from '../../src/stats/random.ts';
import { network } from '../scoring/model.ts';
import type { Job } from './job.ts';

type Payment = {
  readonly id: string;
  readonly card: string;
  readonly merchant: string;
  readonly amount: number;
  readonly ts: number;
  readonly country: string;
};

const CARDS = 10_000;
const MERCHANTS = 1_000;
/** An event a millisecond from here on: each card six times a minute. */
const START_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const COUNTRIES = ['AT', 'DE', 'FR', 'IT', 'PL'];

const minute = { over: sliding(minutes(1), seconds(10)) };
const tenMinutes = { over: sliding(minutes(10), minutes(1)) };
const always = { over: lifetime() };
const hour = { over: sliding(hours(1), minutes(5)) };

/** In the order in which the peers have them. */
const topology: Topology = defineTopology({
  name: 'cards',
  source: { topic: 'payments', eventTime: 'ts', partitions: 4 },
  stages: [
    watermarks({ allowedLatenessMs: 0 }),
    derive({ dayShare: divide(modulo('ts', DAY_MS), DAY_MS) }),
    features('features', {
      when: {},
      fields: { amount: numeric('amount'), day_share: numeric('dayShare') },
      views: {
        card: view(['card'], {
          count_1m: count(minute),
          mean_1m: mean('amount', minute),
          std_1m: std('amount', minute),
          max_1m: max('amount', minute),
          count_10m: count(tenMinutes),
          mean_10m: mean('amount', tenMinutes),
          std_10m: std('amount', tenMinutes),
          max_10m: max('amount', tenMinutes),
          count_1h: count(hour),
          mean_1h: mean('amount', hour),
          std_1h: std('amount', hour),
          max_1h: max('amount', hour),
        }),
        merchant: view(['merchant'], { count: count(always), mean: mean('amount', always) }),
      },
    }),
    score('score', { key: 'id', fallback: 0.5 }),
  ],
});

export const cards: Job = {
  name: 'cards',
  topology,
  model: async () => network({ inputs: 16, hidden: [64, 64] }),
  records: async (codec: SchemaCodec, total: number): Promise<LogRecord[]> => {
    const encoder = await codec.encoder<Payment>('payments-value');
    const random = new Random(1);
    return Array.from({ length: total }, (_, i): LogRecord => {
      const card = `card-${random.nextInt(CARDS)}`;
      const ts = START_MS + i;
      const merchant = `merchant-${random.nextInt(MERCHANTS)}`;
      const country = COUNTRIES[random.nextInt(COUNTRIES.length)] as string;
      const value = { id: `p${i}`, card, merchant, amount: 2 * random.nextDouble(), ts, country };
      return { key: Buffer.from(card), value: encoder.encode(value), timestampMs: ts };
    });
  },
};
