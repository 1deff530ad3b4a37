// A backfill that ended in the middle: the same command plays the partitions that are not finished, and the history has each row
// once, as if nothing had happened.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@clickhouse/client';
import t, { type Test } from 'tap';
import { millrace } from '../support/cli.ts';
import { clickhouseUrl, uniqueName } from '../support/services.ts';

t.setTimeout(600_000);

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
  `import { existsSync, readFileSync } from 'node:fs';
import { count, days, defineTopology, features, json, score, sliding, source, string, syncOperator, timestamp, view, watermarks }
  from '${resolve(import.meta.dirname, '../../src/index.ts')}';
const clicks = source('clicks', { schema: { user: string, at: timestamp }, eventTime: 'at', format: json(), partitions: 6 });
const gate = {
  id: 'gate', kind: 'gate', summary: 'fails on demand', reads: [], adds: {}, memoryMs: 0,
  open: (context) => ({ operator: syncOperator({ batch(batch) {
    if (context.origin.partition === 5 && existsSync(${JSON.stringify(poison)})) {
      if (readFileSync(${JSON.stringify(poison)}, 'utf8') === 'kill') process.kill(process.pid, 'SIGKILL');
      throw new Error('the stage has failed');
    }
    return batch;
  } }) }),
};
export default defineTopology(clicks, { name: 'clicks', stages: [
  watermarks({ allowedLatenessMs: days(1) }), gate,
  features({ views: { user: view(['user'], { clicks: count({ over: sliding(days(2)) }) }) } }), score({ key: 'user' }),
] });
`,
);

const userOf = (event: number): string => `u${(event * 7) % USERS}`;
const events = Array.from({ length: EVENTS }, (_, i) => ({
  user: userOf(i),
  at: 1_767_225_600_000 + i * 1_000,
}));
const rows = join(folder, 'clicks.jsonl');
writeFileSync(rows, events.map((event) => `${JSON.stringify(event)}\n`).join(''));

const client = createClient({ url: clickhouseUrl(), database });
t.teardown(() => client.close());

/** The features of all events, each once, as an undisturbed run has them; and how many ids they have. */
async function checkHistory(t: Test): Promise<void> {
  const query = `SELECT key, features[1] AS clicks FROM feature_log ORDER BY key, clicks`;
  const found = await (
    await client.query({ query, format: 'JSONEachRow' })
  ).json<{ key: string; clicks: number }>();
  const wanted = [...new Set(events.map(({ user }) => user))].sort().flatMap((key) => {
    const clicks = events.filter(({ user }) => user === key).length;
    return Array.from({ length: clicks }, (_, i) => ({ key, clicks: i + 1 }));
  });
  t.strictSame(found, wanted, 'each event once, with the windows of an undisturbed run');
}

/** The partitions that were finished before the sixth one failed: it began when two had ended. */
async function resumes(t: Test, words: readonly string[]): Promise<void> {
  const resumed = await millrace(words, settings);
  t.equal(resumed.code, 0, resumed.stderr);
  const finished =
    /resumed +partitions ([\d, ]+) were finished before/.exec(resumed.stdout)?.[1]?.split(', ') ?? [];
  t.ok(finished.length >= 2 && !finished.includes('5'), `finished before: ${finished.join(', ')}`);
  const played = Number(/events +(\d+)/.exec(resumed.stdout)?.[1]);
  t.ok(played > 0 && played < EVENTS, `${played} events were played again`);
  await checkHistory(t);
  const repeated = await millrace(words, settings);
  t.match(repeated.stdout, new RegExp(`events +${EVENTS} `), 'a backfill that has ended starts over');
  await checkHistory(t);
}

t.test('what is finished is not played again', async (t) => {
  const loaded = await millrace(['load', file, rows, '--key', 'user'], settings);
  t.equal(loaded.code, 0, loaded.stderr);
  const words = ['backfill', file, '--from', 'clicks'];
  writeFileSync(poison, '');
  const failed = await millrace(words, settings);
  t.equal(failed.code, 1);
  t.match(failed.stderr, /the stage has failed/);
  rmSync(poison);
  await resumes(t, words);
});

t.test('nor is what was finished of files when the process was killed', async (t) => {
  await client.command({ query: `TRUNCATE TABLE feature_log` });
  const words = ['backfill', file, '--from', rows, '--key', 'user'];
  const backfillFolder = join(settings.MILLRACE_DATA, 'backfill', 'clicks', 'all');
  writeFileSync(poison, 'kill');
  const killed = await millrace(words, settings);
  t.equal(killed.code, null, killed.stderr);
  rmSync(poison);
  const written = readdirSync(join(backfillFolder, 'rows'));
  t.same(written.length, 6, 'the rows of each partition');
  await resumes(t, words);
  t.strictSame(readdirSync(backfillFolder), ['engine.lock'], 'nothing else is left');

  // Other content is another backfill.
  writeFileSync(poison, 'kill');
  t.equal((await millrace(words, settings)).code, null);
  rmSync(poison);
  writeFileSync(rows, `${events.map((event) => JSON.stringify(event)).join('\n')}\n\n`);
  const other = await millrace(words, settings);
  t.equal(other.code, 0, other.stderr);
  t.notMatch(other.stdout, /resumed/);
  t.match(other.stdout, new RegExp(`events +${EVENTS} `));
});

t.test('rows that were damaged meanwhile are not played', async (t) => {
  const words = ['backfill', file, '--from', rows, '--key', 'user'];
  writeFileSync(poison, 'kill');
  t.equal((await millrace(words, settings)).code, null);
  rmSync(poison);
  const damaged = join(settings.MILLRACE_DATA, 'backfill', 'clicks', 'all', 'rows', '5.rows');
  const bytes = readFileSync(damaged);
  bytes[200] = (bytes[200] ?? 0) ^ 1;
  writeFileSync(damaged, bytes);
  const failed = await millrace(words, settings);
  t.equal(failed.code, 1);
  t.match(failed.stderr, /the rows that the backfill has written are damaged/);
});
