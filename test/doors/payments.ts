// Random payments with everything that a view must handle (for tests of aggregates and windows): late events and queries,
// nulls, batches of any size, barriers, restarts, a lost store, and more keys than fit into memory.
import fc from 'fast-check';
import {
  defineTopology,
  double,
  features,
  nullable,
  score,
  source,
  string,
  timestamp,
  view,
  watermarks,
  type Aggregate,
  type Topology,
} from 'millrace';
import { TopologyDriver } from 'millrace/testing';

export const LATENESS_MS = 40;

export interface Payment {
  readonly id: string;
  readonly card: string;
  readonly merchant: string | null;
  readonly amount: number | null;
  readonly at: number;
}

type PaymentReads = 'amount: number' | 'merchant: string' | 'merchant: any' | 'amount: any';

/** An aggregate of payments, and its value by definition, from all payments of the card so far, including the query. */
export interface Defined {
  readonly aggregate: Aggregate<PaymentReads>;
  readonly value: (payments: readonly Payment[], query: Payment) => number | null;
}

const payments = source('payments', {
  schema: {
    id: string,
    card: string,
    merchant: nullable(string),
    amount: nullable(double),
    at: timestamp,
  },
  eventTime: 'at',
});

export function paymentsTopology(aggregates: Readonly<Record<string, Aggregate<PaymentReads>>>): Topology {
  return defineTopology(payments, {
    stages: [
      watermarks({ allowedLatenessMs: LATENESS_MS }),
      features({ views: { card: view(['card'], aggregates) } }),
      score({ key: 'id' }),
    ],
  });
}

type Action = 'none' | 'send' | 'barrier' | 'restart' | 'lose';

interface Step extends Omit<Payment, 'id' | 'at'> {
  readonly advanceMs: number;
  readonly lateMs: number;
  readonly after: Action;
}

const step: fc.Arbitrary<Step> = fc.record({
  card: fc.constantFrom('a', 'b', 'c', 'd'),
  merchant: fc.constantFrom('x', 'y', 'z', 'Zürich', null),
  amount: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: -9, max: 9 }) }, fc.constant(null)),
  advanceMs: fc.oneof(fc.nat(12), fc.nat(300)),
  lateMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(LATENESS_MS)),
  after: fc.constantFrom<Action>('none', 'none', 'none', 'send', 'send', 'barrier', 'restart', 'lose'),
});

async function drive(driver: TopologyDriver, steps: readonly Step[]): Promise<Payment[]> {
  const all: Payment[] = [];
  let sent = 0;
  let nowMs = 1_000;
  for (const { advanceMs, lateMs, after, ...columns } of steps) {
    nowMs += advanceMs;
    all.push({ ...columns, id: `${all.length}`, at: nowMs - lateMs });
    if (after === 'none') continue;
    await driver.send(all.slice(sent).map((payment) => ({ ...payment })));
    sent = all.length;
    if (after === 'barrier') await driver.barrier();
    if (after === 'restart') await driver.restart();
    if (after === 'lose') await driver.loseState();
  }
  return all.slice(0, sent);
}

/** Whether a feature, which is a Float32, has this value. */
function isClose(feature: number | null | undefined, value: number | null): boolean {
  if (feature === null || feature === undefined || value === null) return feature === value;
  return Math.abs(feature - value) <= 1e-5 * Math.max(1, Math.abs(value));
}

/** Drives random payments through a topology with these aggregates; fails if one differs from its definition. */
export async function checkByDefinition(defined: Readonly<Record<string, Defined>>): Promise<void> {
  const aggregates = Object.fromEntries(
    Object.entries(defined).map(([name, { aggregate }]) => [name, aggregate]),
  );
  const topology = paymentsTopology(aggregates);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
      const driver = new TopologyDriver(topology, { hotKeysMax: 2 });
      const all = await drive(driver, steps);
      if (driver.predictions.length !== all.length) throw new Error('a payment was not scored exactly once');
      for (const { offset, features: vector } of driver.predictions) {
        const query = all[offset] as Payment;
        const ofCard = all.slice(0, offset + 1).filter(({ card }) => card === query.card);
        for (const [name, { value }] of Object.entries(defined)) {
          const want = value(ofCard, query);
          const is = vector[`card.${name}`];
          if (!isClose(is, want))
            throw new Error(`${name} of ${JSON.stringify(query)} is ${is}, not ${want}`);
        }
      }
    }),
    { numRuns: 150, endOnFailure: true, seed: 20_260 },
  );
}

/** The payments in a sliding window at the time of a query. */
export function inSliding(
  all: readonly Payment[],
  query: Payment,
  sizeMs: number,
  paneMs: number,
): readonly Payment[] {
  const endMs = (Math.floor(query.at / paneMs) + 1) * paneMs;
  return all.filter(({ at }) => at >= endMs - sizeMs && at < endMs);
}
