// Sample payments for a new project (control path): the same events each time, with something to learn in them.

/** One line of events.ndjson. */
export interface SampleEvent {
  readonly type: 'payment' | 'settled';
  readonly id: string;
  readonly card: string;
  readonly merchant: string;
  readonly amount: number;
  /** Known when the payment is settled. */
  readonly disputed: boolean | null;
  /** ISO instant. */
  readonly at: string;
}

const PAYMENTS = 1_000;
const CARDS = 80;
const MERCHANTS = ['bakery', 'books', 'electronics', 'fuel', 'games', 'grocer', 'jewels', 'rail'];
const START_MS = Date.UTC(2026, 0, 5);
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Between two payments that are not part of a burst, on average. */
const PAUSE_MS = HOUR_MS;
const SETTLED_AFTER_MS = 6 * HOUR_MS;
/** Share of the payments that begin a burst: a stolen card is used several times within minutes. */
const BURST_SHARE = 0.06;
const BURST_LENGTH = 5;

/** Uniform in [0, 1): mulberry32 (https://github.com/bryc/code/blob/master/jshash/PRNGs.md). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Timed {
  readonly atMs: number;
  readonly event: Omit<SampleEvent, 'at'>;
}

/** 1,000 payments and their settlements, in the order of their times. */
export function sampleEvents(): SampleEvent[] {
  const next = uniform(1);
  const timed: Timed[] = [];
  let atMs = START_MS;
  let burst: { readonly card: string; left: number } | null = null;
  for (let i = 1; i <= PAYMENTS; i++) {
    if (burst === null && next() < BURST_SHARE) burst = { card: cardOf(next()), left: BURST_LENGTH };
    const isBurst = burst !== null;
    atMs += isBurst ? 2 * MINUTE_MS * next() : -Math.log(1 - next()) * PAUSE_MS;
    const card = burst?.card ?? cardOf(next());
    const merchant = MERCHANTS[Math.floor(next() * MERCHANTS.length)] ?? 'grocer';
    const amount = Math.round(100 * Math.exp(2.5 + 1.2 * next() + (isBurst ? 1.5 : 0) * next())) / 100;
    // Bursts are disputed most of the time, other payments rarely.
    const disputed = next() < (isBurst ? 0.8 : 0.03);
    const payment = { id: `p-${String(i).padStart(4, '0')}`, card, merchant, amount };
    timed.push({ atMs, event: { type: 'payment', ...payment, disputed: null } });
    const settledMs = atMs + SETTLED_AFTER_MS * (1 + next());
    timed.push({ atMs: settledMs, event: { type: 'settled', ...payment, disputed } });
    if (burst !== null && (burst.left -= 1) === 0) burst = null;
  }
  timed.sort((a, b) => a.atMs - b.atMs);
  return timed.map(({ atMs, event }) => ({
    ...event,
    at: new Date(Math.round(atMs / SECOND_MS) * SECOND_MS).toISOString(),
  }));
}

function cardOf(share: number): string {
  return `card-${String(Math.floor(share * CARDS)).padStart(2, '0')}`;
}
