// A backfill that ended in the middle: the same command plays the partitions that are not finished, and the history has each row
// once, as if nothing had happened.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@clickhouse/client';
import t from 'tap';
import { millrace } from '../support/cli.ts';
import { clickhouseUrl, uniqueName } from '../support/services.ts';

t.setTimeout(200_000);

const USERS = 40;
const EVENTS = 600;
const folder = mkdtempSync(join(tmpdir(), 'millrace-backfill-resume-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const database = uniqueName('resume');
const poison = join(folder, 'poison');
const file = join(folder, 'clicks.ts');
const settings = {
  MILLRACE_DATA: join(folder, 'data'),
  MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${database}`,
  MILLRACE_PORT: '0',
};

// Four partitions are played at a time: the sixth begins when others have ended.
writeFileSync(
  file,
  `import { existsSync } from 'node:fs';
import { count, days, defineTopology, features, json, score, sliding, source, string, syncOperator, timestamp, view, watermarks }
  from '${resolve(import.meta.dirname, '../../src/index.ts')}';
const clicks = source('clicks', { schema: { user: string, at: timestamp }, eventTime: 'at', format: json(), partitions: 6 });
const gate = {
  id: 'gate', kind: 'gate', summary: 'fails on demand', reads: [], adds: {}, memoryMs: 0,
  open: (context) => ({ operator: syncOperator({ batch(batch) {
    if (context.origin.partition === 5 && existsSync(${JSON.stringify(poison)})) throw new Error('the stage has failed');
    return batch;
  } }) }),
};
export default defineTopology(clicks, { name: 'clicks', stages: [
  watermarks({ allowedLatenessMs: days(1) }), gate,
  features({ views: { user: view(['user'], { clicks: count({ over: sliding(days(2)) }) }) } }), score({ key: 'user' }),
] });
`,
);

t.test('what is finished is not played again', async (t) => {
  const userOf = (event: number): string => `u${(event * 7) % USERS}`;
  const events = Array.from({ length: EVENTS }, (_, i) => ({
    user: userOf(i),
    at: 1_767_225_600_000 + i * 1_000,
  }));
  const rows = join(folder, 'clicks.jsonl');
  writeFileSync(rows, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const loaded = await millrace(['load', file, rows, '--key', 'user'], settings);
  t.equal(loaded.code, 0, loaded.stderr);
  const words = ['backfill', file, '--from', 'clicks'];
  writeFileSync(poison, '');
  const failed = await millrace(words, settings);
  t.equal(failed.code, 1);
  t.match(failed.stderr, /the stage has failed/);
  rmSync(poison);

  const resumed = await millrace(words, settings);
  t.equal(resumed.code, 0, resumed.stderr);
  // The sixth partition began when two had ended.
  const finished =
    /resumed +partitions ([\d, ]+) were finished before/.exec(resumed.stdout)?.[1]?.split(', ') ?? [];
  t.ok(finished.length >= 2 && !finished.includes('5'), `finished before: ${finished.join(', ')}`);
  const played = Number(/events +(\d+)/.exec(resumed.stdout)?.[1]);
  t.ok(played > 0 && played < EVENTS, `${played} events were played again`);
  const client = createClient({ url: clickhouseUrl(), database });
  t.teardown(() => client.close());
  const query = `SELECT key, features[1] AS clicks FROM feature_log ORDER BY key, clicks`;
  const found = await (
    await client.query({ query, format: 'JSONEachRow' })
  ).json<{ key: string; clicks: number }>();
  const wanted = [...new Set(events.map(({ user }) => user))].sort().flatMap((key) => {
    const clicks = events.filter(({ user }) => user === key).length;
    return Array.from({ length: clicks }, (_, i) => ({ key, clicks: i + 1 }));
  });
  t.strictSame(found, wanted, 'each event once, with the windows of an undisturbed run');

  const repeated = await millrace(words, settings);
  t.match(repeated.stdout, new RegExp(`events +${EVENTS} `), 'a backfill that has ended starts over');
});
