// The events of a world: orders, their payments and withdrawals, with the disorder of several producers. Amounts are
// multiples of a quarter, so that sums are exact in whatever order they are made.
import type { Declaration, EventRow } from './declaration.ts';
import type { Chance } from './random.ts';

const BEGIN_MS = Date.UTC(2024, 0, 1);
const USERS = ['ann', 'bob', 'cid', 'dee', 'émile', '用户', 'x|y', 'long-'.repeat(40)];
const RECENT_KEPT = 20;

/** An event with its time in milliseconds. */
export interface WorldEvent extends Omit<EventRow, 'at'> {
  readonly timeMs: number;
}

export class EventStream {
  readonly #chance: Chance;
  readonly #declaration: Declaration;
  readonly #recent: WorldEvent[] = [];
  readonly #open: string[] = [];
  /** Orders whose outcome came before them. */
  readonly #behind: WorldEvent[] = [];
  #made = 0;
  nowMs: number;

  constructor(chance: Chance, declaration: Declaration) {
    this.#chance = chance;
    this.#declaration = declaration;
    this.nowMs = BEGIN_MS + chance.below(86_400_000);
  }

  next(): WorldEvent {
    const chance = this.#chance;
    this.#made += 1;
    this.nowMs += chance.once(40) ? chance.below(7_200_000) : chance.below(20_000);
    const event = this.#pick(chance.below(100));
    this.#recent.push(event);
    if (this.#recent.length > RECENT_KEPT) this.#recent.shift();
    return event;
  }

  #pick(draw: number): WorldEvent {
    if (draw < 4 && this.#recent.length > 0) return this.#chance.pick(this.#recent);
    if (draw < 7) return { ...this.#order(), user: null };
    if (draw < 9) return { ...this.#order(), kind: 'refund' };
    if (draw < 13) {
      const behind = this.#declaration.allowedLatenessMs + 1 + this.#chance.below(3_600_000);
      return { ...this.#order(), timeMs: this.nowMs - behind };
    }
    if (draw < 31) return this.#outcome();
    if (draw < 34) return this.#early();
    const behind = this.#chance.once(3) ? this.#behind.shift() : undefined;
    return behind === undefined ? this.#order() : { ...behind, timeMs: this.nowMs };
  }

  /** Within the allowed lateness, now and then behind. */
  #timeMs(): number {
    const { allowedLatenessMs } = this.#declaration;
    return this.#chance.once(4) ? this.nowMs - this.#chance.below(allowedLatenessMs + 1) : this.nowMs;
  }

  #order(): WorldEvent {
    const chance = this.#chance;
    const id = `i${this.#made}`;
    this.#open.push(id);
    if (this.#open.length > RECENT_KEPT) this.#open.shift();
    const { amountMax } = this.#declaration;
    return {
      kind: 'order',
      id,
      event: chance.once(30) ? null : `e${this.#made}`,
      user: chance.pick(USERS),
      amount: chance.once(20) ? null : chance.below(4 * amountMax * 1.05) / 4,
      paid: null,
      timeMs: this.#timeMs(),
    };
  }

  /** The outcome of an order that comes later, or never. */
  #early(): WorldEvent {
    const order = this.#order();
    const outcome = this.#outcomeOf(order.id);
    if (!this.#chance.once(4)) this.#behind.push(order);
    return { ...outcome, timeMs: order.timeMs };
  }

  #outcome(): WorldEvent {
    const at = this.#chance.below(this.#open.length);
    return this.#outcomeOf(this.#open.splice(at, 1)[0] ?? null);
  }

  #outcomeOf(id: string | null): WorldEvent {
    const isWithdrawn = this.#chance.once(6);
    return {
      kind: isWithdrawn ? 'withdrawn' : 'payment',
      id,
      event: `o${this.#made}`,
      user: null,
      amount: null,
      paid: isWithdrawn ? null : this.#chance.below(2),
      timeMs: this.nowMs,
    };
  }
}
