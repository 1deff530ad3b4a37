// Compares a window with a brute-force oracle that keeps every event (for tests): random events of two keys, out of order
// within the allowed lateness, with late queries, restarts from stored state, and keys that are evicted and come back.
import fc from 'fast-check';
import type { Aggregate, WindowSpec } from '../../src/index.ts';
import { near } from '../stats/close.ts';
import type { Definition } from './aggregates/definitions.ts';
import { features } from './aggregates/vector-definitions.ts';
import { OneRowView } from './one-row.ts';

export interface SeenEvent {
  readonly timeMs: number;
  readonly value: number;
}

/** What a query at `nowMs` sees of the events of its key, in the order of their arrival, and the length of the window. */
export type Select = (
  events: readonly SeenEvent[],
  nowMs: number,
) => { readonly inside: readonly SeenEvent[]; readonly seconds: number };

export interface OracleCase {
  readonly over: WindowSpec;
  readonly select: Select;
  readonly latenessMs: number;
  /** The largest step between events, ms. */
  readonly stepMs: number;
  readonly startMs?: number;
  /** Aggregates that are left out, and the only ones: all by default. */
  readonly without?: readonly string[];
  readonly only?: readonly string[];
  readonly runs?: number;
}

const step = fc.record({
  advance: fc.double({ min: 0, max: 1, noNaN: true }),
  late: fc.double({ min: 0, max: 1, noNaN: true }),
  value: fc.integer({ min: -50, max: 50 }),
  key: fc.constantFrom('a', 'b'),
  kind: fc.constantFrom('event', 'event', 'event', 'query', 'query', 'restart', 'evict'),
});

/** Of float32 results. */
const TOLERANCE = 1e-4;

function restarted(view: OneRowView, make: () => OneRowView): OneRowView {
  const next = make();
  for (const key of ['b', 'a']) if (view.slots.has(key)) next.restore(key, view.serialize(key));
  return next;
}

/** Gives the slot of a key to another one, and the key its state back. */
function evicted(view: OneRowView, key: string): void {
  if (!view.slots.has(key)) return;
  const bytes = view.serialize(key);
  view.slots.forget(key);
  view.slots.obtain('other');
  view.restore(key, bytes);
  if (!Buffer.from(view.serialize(key)).equals(Buffer.from(bytes))) throw new Error('another state');
  view.slots.forget('other');
}

/** Seconds since the first event of a window without a length of its own. */
export function elapsed(inside: readonly SeenEvent[], nowMs: number): number {
  const first = Math.min(...inside.map(({ timeMs }) => timeMs));
  return first < nowMs ? (nowMs - first) / 1_000 : Number.NaN;
}

/** @throws Error where a feature is not what the oracle says */
export function compareWithOracle(given: OracleCase): void {
  const { over, select, latenessMs, stepMs, startMs = 0, without = [], only, runs = 25 } = given;
  const known = Object.entries<Definition>(features).filter(
    ([name]) => (only?.includes(name) ?? true) && !without.includes(name),
  );
  const aggregates: Aggregate[] = known.map(([, { aggregate }]) => aggregate(over));
  const make = (): OneRowView => new OneRowView(aggregates, latenessMs);
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      let view = make();
      const events: Record<string, SeenEvent[]> = { a: [], b: [] };
      let now = startMs;
      for (const { advance, late, value, key, kind } of steps) {
        now += Math.round(advance ** 3 * stepMs);
        const timeMs = now - Math.round(late * latenessMs);
        if (kind === 'restart') view = restarted(view, make);
        if (kind === 'evict') evicted(view, key);
        if (kind === 'event') {
          events[key]?.push({ timeMs, value });
          view.update(key, timeMs, value);
        }
        if (kind !== 'query' && kind !== 'event') continue;
        const { inside, seconds } = select(events[key] ?? [], timeMs);
        const out = view.read(key, timeMs);
        for (const [i, [name, { value: wanted, tolerance = TOLERANCE }]] of known.entries()) {
          const want = Math.fround(wanted(inside, timeMs, seconds));
          if (!near(out[i] as number, want, tolerance))
            throw new Error(`${name} at ${timeMs} is ${out[i]}, not ${want}, of ${inside.length} events`);
        }
      }
    }),
    { numRuns: runs },
  );
}
