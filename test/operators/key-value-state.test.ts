// The state of one key: expiry, late events, and barriers inside a batch.
import t from 'tap';
import type { Batch } from '../../src/core/batch.ts';
import { KeyValueState, syncOperator, type Stage, type StageInstance } from '../../src/index.ts';
import { RowBatches } from '../../src/testing/index.ts';
import { StageBench } from '../support/stage-bench.ts';

const string = { kind: 'string', nullable: true } as const;
const schema = { key: string, part: string, at: { kind: 'number', nullable: true } } as const;
const TTL_MS = 100;

/** Sets each row's key to the row's offset, and records the previous value. */
function tracking(
  seen: Array<number | undefined>,
  key: readonly string[] = ['key'],
  ttlMs: number | null = TTL_MS,
): Stage {
  return {
    id: 'state',
    kind: 'tracking',
    summary: '',
    reads: [],
    memoryMs: TTL_MS,
    open(context): StageInstance {
      const state = new KeyValueState<number>(
        {
          key,
          ttlMs,
          encode: (value) => Uint8Array.of(value),
          decode: ([value = 0]) => value,
        },
        context,
      );
      const operator = syncOperator({
        batch(batch: Batch) {
          state.bind(batch);
          for (const row of batch.rows) {
            seen.push(state.get(row));
            const offset = batch.offsets[row] as number;
            state.set(row, offset % 10 === 9 ? undefined : offset);
          }
          return batch;
        },
      });
      return { operator, keyedState: state };
    },
  };
}

const at = (
  key: string | null,
  time: number,
  part = '',
): { key: string | null; part: string; at: number } => ({
  key,
  part,
  at: time,
});

t.test('a value expires after its time to live, counted from the latest event that set it', async (t) => {
  const seen: Array<number | undefined> = [];
  const bench = new StageBench(tracking(seen), { schema, allowedLatenessMs: 30 });
  const batches = new RowBatches(schema, 'at');
  bench.push(batches.next([at('a', 0), at('a', 99), at('a', 50), at('a', 198), at('a', 298), at(null, 298)]));
  t.same(seen, [undefined, 0, 1, 2, undefined, undefined], 'a late event does not make it older');
  const { delta } = bench.close(6, 298);
  t.match(delta.puts, [{ key: 'state:a', eventTimeMs: 298, ttlMs: TTL_MS + 30 }]);
  const forever = new StageBench(tracking([], ['key'], null), { schema });
  forever.push(batches.next([at('a', 0)]));
  t.equal(forever.close(7, 0).delta.puts[0]?.ttlMs, null);
});

t.test('a barrier inside a batch stores only the values before it, and deletions', async (t) => {
  const bench = new StageBench(tracking([]), { schema });
  const batches = new RowBatches(schema, 'at');
  bench.push(batches.next(Array.from({ length: 10 }, (_, i) => at(i % 2 === 0 ? 'a' : 'b', i))));
  const inside = bench.close(4, 4);
  t.same(
    inside.delta.puts.map(({ key, state }) => [key, state.at(-1)]),
    [
      ['state:a', 2],
      ['state:b', 3],
    ],
  );
  const after = bench.close(10, 10);
  t.same(
    after.delta.puts.map(({ key, state }) => [key, state.at(-1)]),
    [['state:a', 8]],
  );
  t.same(after.delta.deletes, ['state:b']);
  t.same(bench.close(10, 10).delta.puts, []);
});

t.test(
  'keys of several columns; a fresh start reads nothing, a restart the keys that memory lacks',
  async (t) => {
    const seen: Array<number | undefined> = [];
    const stage = tracking(seen, ['key', 'part']);
    const batches = new RowBatches(schema, 'at');
    const rows = [at('a|b', 1, 'c'), at('a', 1, 'b|c'), at('a|b', 2, 'c'), at(null, 2, 'c')];
    const wanted = (bench: StageBench, batch: Batch): string[] => {
      const keys = new Set<string>();
      bench.instance.keyedState?.wantedKeys(batch, keys);
      return [...keys];
    };
    const fresh = new StageBench(stage, { schema });
    const batch = batches.next(rows);
    t.same(wanted(fresh, batch), []);
    fresh.push(batch);
    t.same(seen, [undefined, undefined, 0, undefined]);
    const { puts } = fresh.close(4, 2).delta;
    const restarted = new StageBench(stage, { schema, restoredWatermarkMs: 2 });
    const next = batches.next(rows);
    t.same(wanted(restarted, next), ['a\\|b|c', 'a|b\\|c']);
    for (const key of wanted(restarted, next)) {
      const blob = puts.find((put) => put.key === `state:${key}`)?.state ?? null;
      restarted.instance.keyedState?.hydrate(key, blob);
    }
    t.same(wanted(restarted, next), [], 'each key is requested once');
    restarted.push(next);
    t.same(seen.slice(4), [2, 1, 4, undefined]);
  },
);
