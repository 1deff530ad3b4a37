// A new project: its files, and what a folder must be for it. tools/pack-test.ts installs and runs one.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { InitError, initProject, nextSteps } from '../../../src/app/init/init.ts';
import { sampleEvents } from '../../../src/app/init/sample-events.ts';
import { millrace, node } from '../../support/cli.ts';

t.test('a project has every file, and no placeholder is left', async (t) => {
  const folder = join(t.testdir({}), 'My App!');
  const files = initProject(folder);
  for (const file of [
    '.dockerignore',
    '.github/workflows/ci.yaml',
    '.gitignore',
    '.npmrc',
    'Dockerfile',
    'README.md',
    'compose.yaml',
    'events.ndjson',
    'package.json',
    'test/payments.test.ts',
    'topologies/payments.ts',
    'tsconfig.json',
  ])
    t.ok(files.includes(file), file);
  for (const file of files) t.notMatch(readFileSync(join(folder, file), 'utf8'), /__[A-Z]+__/, file);
  t.match(readFileSync(join(folder, 'README.md'), 'utf8'), /^# `my-app`$/m);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  t.match(manifest, { name: 'my-app', dependencies: { millrace: `^${version}` } });
});

t.test('a folder with files is left alone, a fresh repository is not', async (t) => {
  const folder = t.testdir({ 'notes.txt': 'mine' });
  t.throws(() => initProject(folder), /is not empty \(notes\.txt\)/);
  t.throws(() => initProject(join(folder, 'notes.txt', 'app')), {
    constructor: InitError,
    message: /notes\.txt.app cannot be written to \(ENOTDIR/,
  });
  t.notOk(existsSync(join(folder, 'package.json')));
  const repository = t.testdir({});
  mkdirSync(join(repository, '.git'));
  writeFileSync(join(repository, '.git', 'HEAD'), 'ref');
  t.notOk(initProject(repository).includes('.git/HEAD'));
  t.equal(readFileSync(join(repository, '.git', 'HEAD'), 'utf8'), 'ref');
});

t.test('the next steps enter the folder, where the user is not in it', async (t) => {
  t.match(nextSteps('app', ['a', 'b']), '2 files written.\n\n  cd app\n  npm install\n  npm start\n');
  t.notMatch(nextSteps('.', []), 'cd');
});

t.test('the sample events are the same each time, in the order of their times', async (t) => {
  const events = sampleEvents();
  t.strictSame(sampleEvents(), events);
  const times = events.map(({ at }) => Date.parse(at));
  t.strictSame(
    times.toSorted((a, b) => a - b),
    times,
  );
  const payments = events.filter(({ type }) => type === 'payment');
  const settled = events.filter(({ type }) => type === 'settled');
  t.equal(payments.length, 1_000);
  t.strictSame(new Set(settled.map(({ id }) => id)), new Set(payments.map(({ id }) => id)));
  const disputed = settled.filter((event) => event.disputed === true).length;
  t.ok(disputed > 100 && disputed < 400, `${disputed} disputed`);
  // A change of the generator changes the figures of the tutorial.
  const sha256 = createHash('sha256').update(JSON.stringify(events)).digest('hex');
  t.equal(sha256.slice(0, 16), 'f627e9fe27f45bc5');
});

t.test('both commands report what is wrong in one line', async (t) => {
  const folder = t.testdir({ 'notes.txt': '' });
  const verb = await millrace(['init', folder]);
  t.equal(verb.code, 1);
  t.match(verb.stderr, /^millrace: CONFIG_INVALID: .*is not empty \(notes\.txt\).*\n$/);
  const create = await node(['src/app/init/create.ts', folder]);
  t.equal(create.code, 1);
  t.match(create.stderr, /^create-millrace: .*is not empty.*\n$/);
  const usage = await node(['src/app/init/create.ts']);
  t.equal(usage.code, 1);
  t.match(usage.stderr, 'Usage: npm create millrace FOLDER');
});

t.test('npm create millrace has the version of millrace', async (t) => {
  const versionOf = (file: string): unknown =>
    (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  t.equal(versionOf('packages/create-millrace/package.json'), versionOf('package.json'));
});
