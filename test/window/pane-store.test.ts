// Panes against a brute-force oracle that keeps every event: random events, out of order within allowed lateness.
import fc from 'fast-check';
import t from 'tap';
import {
  count,
  last,
  max,
  mean,
  min,
  rate,
  share,
  sliding,
  std,
  sum,
  tumbling,
  atLeast,
} from '../../src/window/definitions.ts';
import type { Aggregate } from '../../src/window/definitions.ts';
import { layOut } from '../../src/window/pane-layout.ts';
import { PaneStore } from '../../src/window/pane-store.ts';

interface Event {
  readonly timeMs: number;
  readonly value: number;
  readonly key: string;
}

const windows = [sliding(120, 10), sliding(60, 30), sliding(40, 40), tumbling(50)];
const aggregates: Aggregate[] = windows.flatMap((over) => [
  count({ over }),
  rate({ over }),
  sum('v', { over }),
  mean('v', { over }),
  std('v', { over }),
  min('v', { over }),
  max('v', { over }),
  last('v', { over }),
  share('v', atLeast(0), { over }),
]);

/** What a query at `nowMs` must give, from all events so far: the definition, with no panes kept. */
function oracle(aggregate: Aggregate, events: readonly Event[], key: string, nowMs: number): number {
  const { kind, sizeMs, paneMs } = aggregate.over;
  const end =
    kind === 'sliding' ? (Math.floor(nowMs / paneMs) + 1) * paneMs : Math.floor(nowMs / sizeMs) * sizeMs;
  const inside = events.filter((e) => e.key === key && e.timeMs >= end - sizeMs && e.timeMs < end);
  const values = inside.map((e) => e.value).filter((v) => !Number.isNaN(v));
  const n = values.length;
  const total = values.reduce((a, b) => a + b, 0);
  switch (aggregate.kind) {
    case 'count':
      return inside.length;
    case 'rate':
      return inside.length / (sizeMs / 1000);
    case 'sum':
      return total;
    case 'mean':
      return n === 0 ? Number.NaN : total / n;
    case 'std':
      return n < 2 ? Number.NaN : Math.sqrt(values.reduce((a, b) => a + (b - total / n) ** 2, 0) / (n - 1));
    case 'min':
      return n === 0 ? Number.NaN : Math.min(...values);
    case 'max':
      return n === 0 ? Number.NaN : Math.max(...values);
    case 'last': {
      let best: Event | undefined;
      for (const e of inside)
        if (!Number.isNaN(e.value) && (best === undefined || e.timeMs >= best.timeMs)) best = e;
      return best === undefined ? Number.NaN : best.value;
    }
    case 'share':
      return n === 0 ? Number.NaN : values.filter((v) => v >= 0).length / n;
  }
}

function close(a: number, b: number): boolean {
  return (
    (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(a), Math.abs(b))
  );
}

const step = fc.record({
  advance: fc.integer({ min: 0, max: 70 }),
  late: fc.integer({ min: 0, max: 20 }),
  value: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -50, max: 50 }) },
    { weight: 1, arbitrary: fc.constant(Number.NaN) },
  ),
  key: fc.constantFrom('a', 'b'),
  query: fc.boolean(),
});

const LATENESS_MS = 20;
const mask = [new Uint8Array([1])];

t.test(
  'every aggregate of every window equals the oracle, late events and late queries included',
  async (t) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: -500, max: 500 }), (steps, start) => {
        const store = new PaneStore(layOut(aggregates, LATENESS_MS));
        const events: Event[] = [];
        const out = new Float32Array(aggregates.length);
        let now = start;
        for (const s of steps) {
          now += s.advance;
          const event = { timeMs: now - s.late, value: s.value, key: s.key };
          if (s.query) {
            store.read(store.find(event.key), event.timeMs, out, 0);
            aggregates.forEach((aggregate, i) => {
              const want = oracle(aggregate, events, event.key, event.timeMs);
              if (!close(out[i] as number, want)) {
                throw new Error(
                  `${aggregate.kind} over ${JSON.stringify(aggregate.over)}: ${out[i]} is not ${want}`,
                );
              }
            });
          } else {
            events.push(event);
            store.update(store.obtain(event.key), 0, event.timeMs, mask, [new Float64Array([event.value])]);
          }
        }
      }),
      { numRuns: 400 },
    );
    t.pass('all equal');
  },
);

t.test(
  'a restored store answers bit for bit as the one that was serialized, and serializes to the same bytes',
  async (t) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const first = new PaneStore(layOut(aggregates, LATENESS_MS));
        let now = 0;
        for (const s of steps) {
          now += s.advance;
          first.update(first.obtain(s.key), 0, now - s.late, mask, [new Float64Array([s.value])]);
        }
        const second = new PaneStore(layOut(aggregates, LATENESS_MS));
        for (const key of ['a', 'b']) {
          if (!first.has(key)) continue;
          const blob = first.serialize(first.find(key));
          // A misaligned Buffer within a larger one, as a network client hands out.
          const shifted = Buffer.alloc(blob.length + 8);
          shifted.set(blob, 3);
          second.restore(key, shifted.subarray(3, 3 + blob.length));
          const a = new Float32Array(aggregates.length);
          const b = new Float32Array(aggregates.length);
          first.read(first.find(key), now, a, 0);
          second.read(second.find(key), now, b, 0);
          if (!Buffer.from(a.buffer).equals(Buffer.from(b.buffer))) throw new Error('features differ');
          if (!Buffer.from(second.serialize(second.find(key))).equals(Buffer.from(blob)))
            throw new Error('blobs differ');
        }
      }),
      { numRuns: 200 },
    );
    t.pass('all equal');
  },
);

t.test('keys that no query can see are forgotten, dirty ones are kept', async (t) => {
  const store = new PaneStore(layOut([count({ over: sliding(100, 10) })], 0));
  store.update(store.obtain('old'), 0, 1_000, mask, []);
  store.update(store.obtain('new'), 0, 1_950, mask, []);
  store.evictExpired(2_000);
  t.equal(store.size, 2, 'uncommitted changes stay');
  const drained: string[] = [];
  store.drainDirty((key) => drained.push(key));
  t.same(drained, ['old', 'new']);
  store.evictExpired(2_000);
  t.notOk(store.has('old'));
  t.ok(store.has('new'));
  t.equal(store.evictions, 1);
  store.drainDirty(() => t.fail('nothing is dirty'));
});

t.test('a window that cannot be cut into its panes is refused', async (t) => {
  t.throws(() => sliding(100, 30), { code: 'TOPOLOGY_INVALID' });
  t.throws(() => sliding(0), { code: 'TOPOLOGY_INVALID' });
  t.throws(() => layOut([count({ over: sliding(1_000, 10) })], 1e9), { code: 'TOPOLOGY_INVALID' });
});

t.test('state of other windows is refused', async (t) => {
  const store = new PaneStore(layOut([count({ over: sliding(100, 10) })], 0));
  store.update(store.obtain('a'), 0, 5, mask, []);
  const blob = store.serialize(store.find('a'));
  const other = new PaneStore(
    layOut([sum('v', { over: sliding(100, 10) }), count({ over: sliding(50, 10) })], 0),
  );
  t.throws(() => other.restore('a', blob), { code: 'STORE_FAILED', where: 'a' });
  t.throws(() => store.restore('b', blob.subarray(0, blob.length - 8)), { code: 'STORE_FAILED' });
});
