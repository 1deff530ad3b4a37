// Entity keys compared with joined strings, with dictionaries that are replaced.
import fc from 'fast-check';
import t from 'tap';
import { EntityKeys, NO_KEY } from '../../src/operators/entity-keys.ts';
import { joinKey } from '../../src/operators/joined-key.ts';
import { RowBatches, type Row } from '../../src/testing/index.ts';

const string = { kind: 'string', nullable: true } as const;
const schema = { a: string, b: string, c: string, at: { kind: 'number', nullable: true } } as const;

const value = fc.oneof(fc.constantFrom('x', 'y', 'z', null), fc.string({ maxLength: 2 }));
const row = fc.record({ a: value, b: value, c: value });

t.test('property: a key is the joined strings, and equal keys have equal ids', async (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom<Array<'a' | 'b' | 'c'>>(['a'], ['b', 'a'], ['a', 'b', 'c']),
      fc.array(fc.record({ rows: fc.array(row, { maxLength: 90 }), fresh: fc.boolean() }), { maxLength: 6 }),
      (columns, batches) => {
        const keys = new EntityKeys(columns);
        let made = new RowBatches(schema, 'at');
        let ids = new Map<number, string>();
        let generation = -1;
        for (const { rows, fresh } of batches) {
          // A decoder occasionally starts new dictionaries.
          if (fresh) made = new RowBatches(schema, 'at');
          keys.bind(made.next(rows.map((row): Row => ({ ...row, at: 0 }))));
          if (keys.generation !== generation) ids = new Map();
          generation = keys.generation;
          for (const [i, row] of rows.entries()) {
            const parts = columns.map((column) => row[column]);
            const id = keys.idOf(i);
            if (parts.includes(null)) {
              if (id !== NO_KEY) return false;
              continue;
            }
            const parted = JSON.stringify(parts);
            if (keys.nameOf(id) !== joinKey(parts as string[]) || (ids.get(id) ?? parted) !== parted)
              return false;
            ids.set(id, parted);
          }
          // Ids are dense: the largest is one less than their number.
          if (Math.max(-1, ...ids.keys()) !== ids.size - 1) return false;
        }
        return true;
      },
    ),
    { seed: 9, numRuns: 400 },
  );
  t.pass();
});

t.test('ids are stable as long as the dictionaries are', async (t) => {
  const keys = new EntityKeys(['a']);
  const batches = new RowBatches(schema, 'at');
  keys.bind(batches.next([{ a: 'x', at: 0 }]));
  const before = [keys.generation, keys.idOf(0)];
  keys.bind(
    batches.next([
      { a: 'y', at: 0 },
      { a: 'x', at: 0 },
    ]),
  );
  t.same([keys.generation, keys.idOf(1)], before);
  keys.bind(new RowBatches(schema, 'at').next([{ a: 'y', at: 0 }]));
  t.equal(keys.generation, 2);
});
