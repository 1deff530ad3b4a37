// What each process of `millrace backfill --workers` gets.
import t from 'tap';
import { dealt, wordsWithout } from '../../../../src/app/commands/backfill/worker-processes.ts';

t.test('partitions are dealt out evenly, and no worker has none', async (t) => {
  t.strictSame(dealt([0, 1, 2, 3, 4], 2), [
    [0, 2, 4],
    [1, 3],
  ]);
  t.strictSame(dealt([3, 7], 5), [[3], [7]]);
  t.strictSame(dealt([], 2), []);
});

t.test('a worker gets the words of the command without some of its options', async (t) => {
  const words = ['backfill', 'a.ts', '--workers', '4', '--from', 'topic', '--partitions=0-7', '--seed-state'];
  const own = ['--workers', '--partitions'];
  t.strictSame(wordsWithout(words, own), ['backfill', 'a.ts', '--from', 'topic', '--seed-state']);
  t.strictSame(wordsWithout(words, own, ['--seed-state']), ['backfill', 'a.ts', '--from', 'topic']);
  t.strictSame(wordsWithout(['--workers=2', '--partitions', '1', 'x'], own), ['x']);
});
