// A rule that expects events, while none come.
import t from 'tap';
import type { Barrier } from '../../src/core/batch.ts';
import { contract, range, recency, volume } from '../../src/index.ts';
import { RowBatches } from '../../src/testing/index.ts';
import { StageBench } from '../support/stage-bench.ts';

const WINDOW = 60_000;
const schema = {
  id: { kind: 'string', nullable: false },
  at: { kind: 'number', nullable: false },
} as const;

t.test('silence is noticed while it lasts, and ends with the next event', (t) => {
  const rules = [
    volume({ perMinute: [1, 5], otherwise: 'flag' }),
    volume({ perMinute: [1, 5], where: { id: 'a' } }),
    volume({ perMinute: [0, 5], over: 1_000 }),
    recency({ behindMs: 5_000, over: 10_000 }),
  ];
  const batches = new RowBatches(schema, 'at');
  const bench = new StageBench(contract(rules), { schema });
  const silent = (elapsedMs: number): string[] => {
    bench.instance.silent?.(elapsedMs);
    return raised(bench);
  };
  t.same(silent(10 * WINDOW), [], 'a partition without an event yet has not fallen silent');
  bench.push(batches.next([{ id: 'a', at: 0 }]));
  t.same(silent(14_999), []);
  t.same(silent(15_000), ['recency']);
  t.same(silent(2 * WINDOW), ['recency', 'volume', 'volume#2']);
  bench.push(batches.next([{ id: 'a', at: 1 }]));
  t.same(raised(bench), [], 'events came back');
  bench.push(batches.next([{ id: 'b', at: 2 * WINDOW }]));
  t.same(raised(bench), [], 'other events are not those that are counted');
  bench.push(batches.next([{ id: 'b', at: 2 * WINDOW + 1 }]));
  t.same(raised(bench), ['volume#2']);
  const restarted = new StageBench(contract(rules), { schema });
  const barrier = { offsetNext: 100 } as Barrier; // what a snapshot reads of one
  restarted.instance.operatorState?.restore(
    bench.instance.operatorState?.snapshot(barrier) ?? new Uint8Array(),
  );
  restarted.instance.silent?.(2 * WINDOW);
  t.same(raised(restarted), ['recency', 'volume', 'volume#2'], 'also of a task that starts in it');
  void restarted.instance.close?.();
  t.same(raised(restarted), []);
  t.end();
});

t.test('an event that a rule before has set aside is far ahead, and nothing has fallen silent', (t) => {
  const rules = [
    range('amount', 0, 10),
    volume({ perMinute: [1, 1_000], over: WINDOW }),
    recency({ behindMs: 5_000, over: WINDOW }),
  ];
  const withAmount = { ...schema, amount: { kind: 'number', nullable: true } } as const;
  const batches = new RowBatches(withAmount, 'at');
  const bench = new StageBench(contract(rules), { schema: withAmount });
  bench.push(batches.next([{ id: 'a', amount: 1, at: 0 }]));
  bench.push(
    batches.next([
      { id: 'a', amount: 1, at: 1 },
      { id: 'b', amount: 11, at: 100 * WINDOW },
    ]),
  );
  t.same(raised(bench), []);
  bench.push(batches.next([{ id: 'b', amount: 11, at: 100 * WINDOW }]));
  t.same(raised(bench), [], 'nor where nothing is left');
  t.end();
});

/** The rules whose silence is a condition. */
function raised({ telemetry }: StageBench): string[] {
  return [...telemetry.conditions.keys()]
    .filter((name) => name.startsWith('partition_silent'))
    .map((name) => name.split(' ')[3] ?? '')
    .sort();
}
