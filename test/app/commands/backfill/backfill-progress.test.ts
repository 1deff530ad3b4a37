// What an interrupted backfill leaves for the next run of the same command, and for no other.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { BackfillProgress } from '../../../../src/app/commands/backfill/backfill-progress.ts';

const inputs = [0, 1].map((partition) => ({ partition, from: 3, to: 9, read: async function* () {} }));

t.test('the same command finds what was finished, and what was handed over', async (t) => {
  const folder = t.testdir({});
  const first = new BackfillProgress(folder, 'a');
  t.strictSame(first.bounds, []);
  first.begin(inputs);
  first.finish(1, { offset: 9, metadata: 'm' });
  t.equal(first.isAnswered, false);
  first.answered();
  first.handing('flights-0');
  const next = new BackfillProgress(folder, 'a');
  t.strictSame(next.bounds, [
    { partition: 0, from: 3, to: 9 },
    { partition: 1, from: 3, to: 9 },
  ]);
  t.strictSame([next.finished(0), next.finished(1)], [null, { offset: 9, metadata: 'm' }]);
  t.strictSame([next.isHanding('flights-0'), next.isHanding('flights-1')], [true, false]);
  t.equal(next.isAnswered, true);
  const other = new BackfillProgress(folder, 'b');
  t.strictSame([other.bounds, other.finished(1), other.isHanding('flights-0')], [[], null, false]);
  t.equal(other.isAnswered, false);
});

t.test('a file that is damaged, or of someone else, says nothing', async (t) => {
  const folder = t.testdir({});
  const good = {
    request: 'a',
    bounds: [{ partition: 0, from: 0, to: 1 }],
    finished: {},
    isAnswered: false,
    handing: [],
  };
  const damaged = [
    '',
    '{"request":"a"',
    'null',
    JSON.stringify({ ...good, bounds: [{ partition: -1, from: 0, to: 1 }] }),
    JSON.stringify({ ...good, bounds: 7 }),
    JSON.stringify({ ...good, finished: { 0: 5 } }),
    JSON.stringify({ ...good, handing: [0] }),
    JSON.stringify({ ...good, isAnswered: 'yes' }),
  ];
  for (const text of damaged) {
    writeFileSync(join(folder, 'progress.json'), text);
    t.strictSame(new BackfillProgress(folder, 'a').bounds, [], text);
  }
  writeFileSync(join(folder, 'progress.json'), JSON.stringify(good));
  t.equal(new BackfillProgress(folder, 'a').bounds.length, 1);
});
