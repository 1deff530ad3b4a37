// `millrace load` of JSON Lines whose columns are not those of the source, as a user calls it.
import t from 'tap';
import { LoadedFolder } from '../../support/loaded-folder.ts';
import { eventOf, scoredTopology } from '../../support/scored-topology.ts';

t.setTimeout(120_000);

const topology = scoredTopology('load-columns');
t.teardown(() => topology.remove());

t.test('columns of JSON Lines that do not fit are named once they are read', async (t) => {
  const data = new LoadedFolder(t, topology);
  const row = (i: number): string => JSON.stringify({ ...eventOf(i), amount: undefined, amnt: i });
  const file = data.write('a.jsonl', `${row(0)}\n`);
  const lines = /a\.jsonl: the source has no column for amnt\n.*a\.jsonl: no row has amount \(1 row read\)\n/;
  t.match(await data.load(file, '--dry-run'), { code: 1, stderr: lines });
  t.match(await data.load(file), { code: 1, stderr: lines }, 'also where a row stops the load');
  const mapped = await data.load(file, '--map', 'amnt=amount');
  t.match(mapped, { code: 0, stderr: /^$/ });
  data.write('a.jsonl', `${row(0)}\n${JSON.stringify({ ...eventOf(1), amnt: 1, extra: 1 })}\n`);
  const resumed = await data.load(file, '--map', 'amnt=amount');
  t.match(resumed, {
    code: 0,
    stdout: /1 events, 1 rows loaded/,
    stderr: /has no column for amount, extra\n/,
  });
  const input = await data.load(file, '--map', 'nosuch=amount', '--on-error', 'skip', '--restart');
  t.match(input, { code: 0, stderr: /no row has amount \(from nosuch\) \(2 rows read\)/ });
});
