// What a shop recommends to its visitors and what they click, made up: tastes differ, items age, visitors tire (control
// path). The same options give the same events. `node topologies/data/clicks.ts --users 300 --days 14 > clicks.ndjson`
import { inOrderOfTime, numbersFrom, printEvents } from './events-out.ts';
import { exponential, normal, oneOf, uniform } from './random.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
const START_MS = Date.UTC(2026, 0, 5);
/** The shop closes an impression when it has waited that long for a click. */
const CLOSED_AFTER_MS = 30 * MINUTE_MS;
const CATEGORIES = ['garden', 'games', 'shoes', 'books', 'audio', 'kitchen'];
const ITEMS_A_DAY = 6;
/** Items of the days before the first one. */
const ITEMS_BEFORE_DAYS = 10;
const ITEM_LIFE_DAYS = 14;
const VISITS_A_DAY = 1.2;

export interface ClickEvent {
  /** `closed`: half an hour after the impression, whether it was clicked. */
  readonly type: 'impression' | 'click' | 'closed';
  /** Of the impression. */
  readonly id: string;
  readonly user: string;
  readonly item: string;
  readonly category: string;
  /** Where on the page, 1 at the top. */
  readonly position: number;
  readonly clicked: boolean | null;
  /** ISO instant. */
  readonly at: string;
}

export interface ClickOptions {
  readonly users: number;
  readonly days: number;
  readonly seed: number;
}

interface Item {
  readonly name: string;
  readonly category: string;
  readonly appeal: number;
  readonly bornMs: number;
}

function itemsOf(days: number, next: () => number): Item[] {
  const count = (days + ITEMS_BEFORE_DAYS) * ITEMS_A_DAY;
  return Array.from({ length: count }, (_, i): Item => {
    const bornMs = START_MS + (i / ITEMS_A_DAY - ITEMS_BEFORE_DAYS) * DAY_MS;
    return { name: `i${i}`, category: oneOf(next, CATEGORIES), appeal: 0.9 * normal(next), bornMs };
  });
}

function probability(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** One visitor, visit by visit. */
class User {
  readonly name: string;
  readonly #next: () => number;
  readonly #tastes: ReadonlyMap<string, number>;
  readonly #habit: number;

  constructor(index: number, seed: number) {
    this.name = `u${index}`;
    this.#next = uniform(seed * 7_919 + index);
    this.#tastes = new Map(CATEGORIES.map((category) => [category, 1.1 * normal(this.#next)]));
    this.#habit = 0.5 * normal(this.#next);
  }

  *visits(items: readonly Item[], endMs: number): Generator<ClickEvent> {
    const next = this.#next;
    for (let atMs = START_MS; atMs < endMs;) {
      atMs += exponential(next, DAY_MS / VISITS_A_DAY);
      const onSale = items.filter(({ bornMs }) => bornMs <= atMs && bornMs > atMs - ITEM_LIFE_DAYS * DAY_MS);
      const count = 4 + Math.floor(exponential(next, 8));
      for (let shown = 0; shown < count && atMs < endMs; shown++) {
        yield* this.#impression(oneOf(next, onSale), shown, atMs);
        atMs += exponential(next, 25 * SECOND_MS);
      }
    }
  }

  *#impression(item: Item, shown: number, atMs: number): Generator<ClickEvent> {
    const next = this.#next;
    const { name, category, appeal, bornMs } = item;
    const position = 1 + Math.floor(4 * next());
    const ageDays = (atMs - bornMs) / DAY_MS;
    const taste = this.#tastes.get(category) ?? 0;
    const logOdds = -2.2 + appeal + taste + this.#habit - 0.25 * position - 0.06 * shown - 0.05 * ageDays;
    const clicked = next() < probability(logOdds);
    const at = (instant: number): string => new Date(Math.floor(instant)).toISOString();
    const shared = {
      id: `${this.name}-${Math.floor(atMs)}-${shown}`,
      user: this.name,
      item: name,
      category,
      position,
    };
    yield { type: 'impression', ...shared, clicked: null, at: at(atMs) };
    if (clicked)
      yield { type: 'click', ...shared, clicked: null, at: at(atMs + exponential(next, 8 * SECOND_MS)) };
    yield { type: 'closed', ...shared, clicked, at: at(atMs + CLOSED_AFTER_MS) };
  }
}

/** All events in the order of time. */
export function clickEvents({ users, days, seed }: ClickOptions): ClickEvent[] {
  const items = itemsOf(days, uniform(seed));
  const endMs = START_MS + days * DAY_MS;
  const end = new Date(endMs).toISOString();
  const events: ClickEvent[] = [];
  for (let i = 0; i < users; i++)
    for (const event of new User(i, seed).visits(items, endMs)) if (event.at < end) events.push(event);
  return inOrderOfTime(events);
}

if (import.meta.main) await printEvents(clickEvents(numbersFrom({ users: 300, days: 14, seed: 1 })));
