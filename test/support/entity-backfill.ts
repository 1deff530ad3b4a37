// Topologies with views of other keys for tests of backfills, and their events: some are late, in disorder, twice, without a key.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Topology } from '../../src/index.ts';
import { randomIntegers } from './random-integers.ts';

const EVENTS = 1_500;
const START = Date.UTC(2026, 0, 1);
const STEP_MS = 60_000;
export const HALF: number = START + Math.floor((EVENTS * STEP_MS) / 2);
export const HALF_TEXT: string = new Date(HALF).toISOString();

/** Keys of sensitive columns. */
export const PERSONAL_SETTINGS: Readonly<Record<string, string>> = {
  MILLRACE_HASH_KEY: randomBytes(32).toString('base64'),
  MILLRACE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
};

/** Cards are hashed, and whose the events are. */
const payments = `import * as m from 'MILLRACE';
const { string, nullable, double, enumeration, timestamp } = m;
const over = m.sliding(m.hours(6));
const day = m.sliding(m.days(1), m.hours(1));
export default m.defineTopology(
  m.source('TOPIC', {
    schema: { id: string, kind: enumeration(['payment', 'outcome']), card: string, merchant: nullable(string), device: string,
      email: string, amount: double, fraud: nullable(double), at: timestamp },
    eventTime: 'at', format: m.json(), partitions: 4, key: 'card', archive: true,
    sensitive: { card: 'hash', email: 'encrypt' }, entity: 'card',
  }),
  { name: 'NAME', stages: [
    m.contract([m.range('amount', 0, 990)]),
    m.dedupe({ by: ['kind', 'id'], withinMs: m.hours(2) }),
    m.watermarks({ allowedLatenessMs: m.minutes(5) }),
    m.derive('derive', { euros: m.log1p('amount') }),
    m.features({ when: { kind: 'payment' }, fields: { amount: m.numeric('amount') }, views: {
      card: m.view(['card'], { n: m.count({ over }), spent: m.sum('amount', { over: day }) }),
      merchant: m.view(['merchant'], { n: m.count({ over }), mean: m.mean('amount', { over: day }), newest: m.last('euros', { over }),
        cards: m.distinct('card', { over: day }), disputed: m.share('fraud', m.atLeast(1), { over: day, where: { kind: 'outcome' } }) }),
      device: m.view(['device'], { n: m.count({ over }), cards: m.distinct('card', { over }) }),
      pair: m.view(['merchant', 'device'], { n: m.count({ over: day }), spent: m.sum('amount', { over }) }),
    }, derived: { ratio: m.divide('amount', 'merchant.mean') } }),
    m.score({ key: 'id' }),
    m.labels({ key: 'id', when: { kind: 'outcome' }, task: m.binary({ column: 'fraud', positive: m.atLeast(1) }), timeoutMs: m.hours(8) }),
  ] },
);
`;

/** A row for each item, before the hop by what it is. */
const orders = `import * as m from 'MILLRACE';
const { string, double, timestamp } = m;
const over = m.sliding(m.hours(6), m.minutes(10));
export default m.defineTopology(
  m.source('TOPIC', {
    schema: { id: string, customer: string, store: string, 'items[].sku': m.list(string), 'items[].price': m.list(double), at: timestamp },
    eventTime: 'at', format: m.json(), partitions: 4, key: 'customer', archive: true,
  }),
  { name: 'NAME', stages: [
    m.dedupe({ by: ['id'], withinMs: m.hours(2) }),
    m.watermarks({ allowedLatenessMs: m.minutes(5) }),
    m.flatten({ strings: { sku: 'items[].sku' }, numbers: { price: 'items[].price' } }),
    m.derive('derive', { line: m.text.join('/', 'id', 'sku') }),
    m.features({ fields: { price: m.numeric('price') }, views: {
      customer: m.view(['customer'], { n: m.count({ over }), spent: m.sum('price', { over }) }),
      store: m.view(['store'], { n: m.count({ over }), taken: m.sum('price', { over }) }),
      sku: m.view(['sku'], { n: m.count({ over }), mean: m.mean('price', { over }), newest: m.last('price', { over }) }),
    } }),
    m.score({ key: 'line' }),
  ] },
);
`;

interface Sent {
  readonly id: string;
  readonly at: number;
}

/**
 * In the order in which they are sent: a tenth in disorder, some too late, some twice. Behind the half they are in order for an
 * hour: what comes first there in each partition is not before what was before it in another.
 */
function sent<E extends Sent>(random: () => number, make: (i: number, at: number) => E): E[] {
  const events: E[] = [];
  for (let i = 0; i < EVENTS; i++) {
    const at = START + i * STEP_MS;
    const isInOrder = at >= HALF && at < HALF + 3_600_000;
    const chance = random();
    const backMs =
      isInOrder || chance > 0.1 ? 0 : Math.floor(random() * (chance < 0.02 ? 3_600_000 : 300_000));
    const event = make(i, Math.max(at < HALF ? START : HALF, at - backMs));
    events.push(event);
    if (!isInOrder && random() < 0.03) events.push(event);
  }
  return events;
}

const one = (random: () => number, of: string, kinds: number): string =>
  `${of}${Math.floor(random() * kinds)}`;

function randomNumbers(seed: number): () => number {
  const integers = randomIntegers(seed);
  return () => integers() / 2 ** 32;
}

function paymentEvents(): Sent[] {
  const random = randomNumbers(7);
  return sent(random, (i, at) => {
    const isOutcome = i > 50 && random() < 0.2;
    const card = one(random, 'c', 30);
    return {
      id: `p${isOutcome ? i - 1 - Math.floor(random() * 40) : i}`,
      kind: isOutcome ? 'outcome' : 'payment',
      card,
      merchant: random() < 0.05 ? null : one(random, 'm', 8),
      device: one(random, 'd', 6),
      email: `${card}@example.com`,
      amount: Math.floor(random() * 4_000) / 4,
      fraud: isOutcome ? Number(random() < 0.3) : null,
      at,
    };
  });
}

function orderEvents(): Sent[] {
  const random = randomNumbers(8);
  return sent(random, (i, at) => ({
    id: `o${i}`,
    customer: one(random, 'c', 30),
    store: one(random, 's', 7),
    items: Array.from({ length: Math.floor(random() * 4) }, (_, item) => ({
      sku: `${one(random, 'k', 9)}${item}`,
      price: Math.floor(random() * 400) / 4,
    })),
    at,
  }));
}

export interface EntityKind {
  readonly name: string;
  readonly code: string;
  readonly events: readonly Sent[];
  readonly hops: readonly string[];
  readonly hasPersonal: boolean;
}

export const entityKinds: readonly EntityKind[] = [
  {
    name: 'payments',
    code: payments,
    events: paymentEvents(),
    hops: ['by-merchant', 'by-device'],
    hasPersonal: true,
  },
  { name: 'orders', code: orders, events: orderEvents(), hops: ['by-store', 'by-sku'], hasPersonal: false },
];

export async function entityTopology(
  folder: string,
  { code }: EntityKind,
  name: string,
  topic: string,
): Promise<{ readonly file: string; readonly topology: Topology }> {
  const file = join(folder, `${name}.ts`);
  const millrace = resolve(import.meta.dirname, '../../src/index.ts');
  writeFileSync(file, code.replace('MILLRACE', millrace).replace('TOPIC', topic).replace('NAME', name));
  const { default: topology } = (await import(file)) as { default: Topology }; // as written above
  return { file, topology };
}

/** Events as a file for `millrace load`. */
export function eventFile(folder: string, name: string, events: readonly Sent[]): string {
  const file = join(folder, `${name}.jsonl`);
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return file;
}
