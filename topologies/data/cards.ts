// Card payments, made up: people pay where they live, thieves elsewhere (control path). The same options give the same
// events. `node topologies/data/cards.ts --cards 400 --days 60 > cards.ndjson`
import { inOrderOfTime, numbersFrom, printEvents } from './events-out.ts';
import { exponential, normal, oneOf, uniform } from './random.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const START_MS = Date.UTC(2026, 0, 5);
const MERCHANTS = 120;
const TOWNS = 12;
const CATEGORIES = ['grocer', 'fuel', 'books', 'games', 'jewels', 'electronics', 'rail', 'travel'];
/** What thieves buy: goods that are sold again. */
const RESOLD = ['games', 'jewels', 'electronics'];
/** Payments of a card a day, on average. */
const PAYMENTS_A_DAY = 2.5;
/** Days between two thefts of a card, on average. */
const THEFT_EVERY_DAYS = 90;
/** One device of thieves serves several cards. */
const FRAUD_DEVICES = 9;

export interface CardEvent {
  /** `settled`: no longer disputable. `chargeback`: the holder of the card has disputed the payment. */
  readonly type: 'payment' | 'chargeback' | 'settled';
  /** Of the payment. */
  readonly id: string;
  readonly card: string;
  readonly merchant: string;
  readonly category: string;
  /** The phone, computer or terminal that the payment was made with. */
  readonly device: string;
  /** Euros. */
  readonly amount: number;
  readonly lat: number;
  readonly lon: number;
  /** Of a chargeback 1, of a settlement 0. */
  readonly disputed: number | null;
  /** ISO instant. */
  readonly at: string;
}

export interface CardOptions {
  readonly cards: number;
  readonly days: number;
  readonly seed: number;
}

interface Place {
  readonly lat: number;
  readonly lon: number;
}

interface Merchant extends Place {
  readonly name: string;
  readonly category: string;
  readonly town: number;
}

class Town {
  readonly merchants: readonly Merchant[];

  constructor(index: number, next: () => number) {
    const lat = 43 + 10 * next();
    const lon = -2 + 16 * next();
    this.merchants = Array.from({ length: MERCHANTS / TOWNS }, (_, i): Merchant => {
      const name = `m${index * (MERCHANTS / TOWNS) + i}`;
      const near = { lat: lat + 0.05 * normal(next), lon: lon + 0.05 * normal(next) };
      return { name, category: CATEGORIES[i % CATEGORIES.length] as string, town: index, ...near };
    });
  }
}

/** A card and who holds it. */
class Card {
  readonly name: string;
  readonly home: number;
  readonly devices: readonly string[];
  readonly amount: number;

  constructor(index: number, next: () => number) {
    this.name = `c${index}`;
    this.home = Math.floor(next() * TOWNS);
    this.devices = [`d${index}`, `d${index}-b`];
    this.amount = 12 * Math.exp(0.6 * normal(next));
  }
}

interface Payment {
  readonly atMs: number;
  readonly card: Card;
  readonly merchant: Merchant;
  readonly device: string;
  readonly amount: number;
  readonly isFraud: boolean;
}

/** Daylight: few people pay at night. */
function isAwake(atMs: number, next: () => number): boolean {
  const hour = (atMs % DAY_MS) / (60 * MINUTE_MS);
  return hour >= 7 && hour < 23 ? true : next() < 0.15;
}

function* honest(card: Card, towns: readonly Town[], endMs: number, next: () => number): Generator<Payment> {
  let awayUntilMs = 0;
  let town = card.home;
  for (let atMs = START_MS; ;) {
    atMs += exponential(next, DAY_MS / PAYMENTS_A_DAY / 1.5);
    if (atMs >= endMs) return;
    if (!isAwake(atMs, next)) continue;
    if (atMs > awayUntilMs) town = card.home;
    // A journey: the card is used in another town for a while, hours after it was used at home.
    if (town === card.home && next() < 0.01) {
      town = Math.floor(next() * TOWNS);
      awayUntilMs = atMs + 3 * DAY_MS * next();
      atMs += 5 * 60 * MINUTE_MS;
    }
    const merchant = oneOf(next, (towns[town] as Town).merchants);
    const dear = RESOLD.includes(merchant.category) ? 3 : 1;
    const device = card.devices[next() < 0.9 ? 0 : 1] as string;
    yield {
      atMs,
      card,
      merchant,
      device,
      amount: card.amount * dear * Math.exp(0.5 * normal(next)),
      isFraud: false,
    };
  }
}

function* stolen(card: Card, towns: readonly Town[], endMs: number, next: () => number): Generator<Payment> {
  for (let atMs = START_MS; ;) {
    atMs += exponential(next, THEFT_EVERY_DAYS * DAY_MS);
    if (atMs >= endMs) return;
    const device = `f${Math.floor(next() * FRAUD_DEVICES)}`;
    const { merchants } = oneOf(next, towns);
    const wanted = merchants.filter(({ category }) => RESOLD.includes(category));
    const count = 2 + Math.floor(6 * next());
    // Thieves try with a small amount first.
    for (let i = 0; i < count && atMs < endMs; i++) {
      const amount = i === 0 ? 1 + 2 * next() : card.amount * 4 * Math.exp(0.6 * normal(next));
      yield { atMs, card, merchant: oneOf(next, wanted), device, amount, isFraud: true };
      atMs += exponential(next, 12 * MINUTE_MS);
    }
  }
}

function eventOf(payment: Payment, id: string): CardEvent {
  const { atMs, card, merchant, device, amount } = payment;
  const { name, category, lat, lon } = merchant;
  const rounded = Math.max(0.5, Math.round(amount * 100) / 100);
  const at = new Date(Math.floor(atMs)).toISOString();
  const where = { lat: Math.round(lat * 1e4) / 1e4, lon: Math.round(lon * 1e4) / 1e4 };
  return {
    type: 'payment',
    id,
    card: card.name,
    merchant: name,
    category,
    device,
    amount: rounded,
    ...where,
    disputed: null,
    at,
  };
}

/** All events in the order of time. Payments are settled after two weeks; a holder disputes a fraud before. */
export function cardEvents({ cards, days, seed }: CardOptions): CardEvent[] {
  const next = uniform(seed);
  const towns = Array.from({ length: TOWNS }, (_, i) => new Town(i, next));
  const endMs = START_MS + days * DAY_MS;
  const payments: Payment[] = [];
  for (let i = 0; i < cards; i++) {
    const card = new Card(i, next);
    for (const payment of honest(card, towns, endMs, next)) payments.push(payment);
    for (const payment of stolen(card, towns, endMs, next)) payments.push(payment);
  }
  payments.sort((a, b) => a.atMs - b.atMs);
  const events: CardEvent[] = [];
  for (const [i, payment] of payments.entries()) {
    const event = eventOf(payment, `p${i}`);
    events.push(event);
    const afterMs = payment.isFraud ? DAY_MS * (1 + 13 * next()) : 14 * DAY_MS;
    const atMs = payment.atMs + afterMs;
    if (atMs >= endMs) continue;
    const type = payment.isFraud ? 'chargeback' : 'settled';
    events.push({
      ...event,
      type,
      disputed: payment.isFraud ? 1 : 0,
      at: new Date(Math.floor(atMs)).toISOString(),
    });
  }
  return inOrderOfTime(events);
}

if (import.meta.main) await printEvents(cardEvents(numbersFrom({ cards: 400, days: 60, seed: 1 })));
