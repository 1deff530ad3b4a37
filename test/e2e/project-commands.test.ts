// Runs the tutorial's commands in a new project, in order: it is scored, described, extended, checked and tested, and its
// models are listed and rolled back. The installation of the package is tested separately, from its tarball.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { codeBlocks, commandsOf, root, shellBlock } from '../docs/pages.ts';
import { runCommand, startCommand } from '../support/commands.ts';
import { millrace } from '../support/cli.ts';

t.setTimeout(200_000);

const folder = mkdtempSync(join(tmpdir(), 'millrace-project-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const project = join(folder, 'payments');
const TUTORIAL = 'docs/tutorial.md';

/** Does the same as `npm install`, with this working copy in place of the published package. */
function linkPackages(): void {
  const modules = join(project, 'node_modules');
  const bin = join(modules, '.bin');
  mkdirSync(join(modules, '@types'), { recursive: true });
  mkdirSync(bin);
  symlinkSync(root, join(modules, 'millrace'));
  // The sources import packages that the compiled declarations do not: they are checked from the tarball.
  const config = join(project, 'tsconfig.json');
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace('"skipLibCheck": false', '"skipLibCheck": true'),
  );
  symlinkSync(join(root, 'node_modules', 'typescript'), join(modules, 'typescript'));
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(modules, '@types', 'node'));
  symlinkSync(join(root, 'node_modules', '.bin', 'tsc'), join(bin, 'tsc'));
  const main = join(root, 'src', 'app', 'main.ts');
  writeFileSync(join(bin, 'millrace'), `#!/bin/sh\nexec node '${main}' "$@"\n`);
  chmodSync(join(bin, 'millrace'), 0o755);
}

const inProject = { cwd: project, env: { MILLRACE_PORT: '0' } };

async function succeed(t: Test, block: ReturnType<typeof shellBlock>, until?: RegExp): Promise<string[]> {
  const outputs: string[] = [];
  for (const command of commandsOf(block)) {
    const { code, output } = await runCommand(
      command,
      until === undefined ? inProject : { ...inProject, until },
    );
    // The exit code after an interrupt is undefined: the shell may have ended, or npm passes the signal on.
    t.ok(code === 0 || (until !== undefined && (code === null || code === 130)), `${command}\n${output}`);
    outputs.push(output);
  }
  return outputs;
}

await t.test('the project is created', async (t) => {
  const { code, stdout } = await millrace(['init', project]);
  t.equal(code, 0);
  t.match(stdout, /npm install\n +npm start/);
  linkPackages();
});

await t.test('the sample events are scored, and models are trained', async (t) => {
  const [output] = await succeed(
    t,
    shellBlock('docs/tutorial.md', '2. Score the sample events'),
    /The replay has ended/,
  );
  t.match(output, /dashboard +http:/);
  t.match(output, /2 trained in .*, 2 promoted/);
});

await t.test('the topology is described', async (t) => {
  const [output] = await succeed(t, shellBlock('docs/tutorial.md', '3. Read the topology'));
  for (const stage of ['contract', 'watermarks', 'features', 'score', 'labels']) t.match(output, stage);
});

await t.test('a feature is added, and a misspelt column is an error', async (t) => {
  const file = join(project, 'topologies', 'payments.ts');
  const before = readFileSync(file, 'utf8');
  const feature =
    codeBlocks(TUTORIAL)
      .find(({ heading }) => heading === '4. Add a feature')
      ?.code.trim() ?? '';
  const anchor = 'amount_7d: mean';
  const after = before
    .replace("} from 'millrace'", "  max,\n} from 'millrace'")
    .replace(anchor, `${feature}\n${anchor}`);
  t.not(after, before);
  writeFileSync(file, after.replace("max('amount'", "max('amuont'"));
  const [check = ''] = commandsOf(shellBlock('docs/tutorial.md', '4. Add a feature'));
  const { code, output } = await runCommand(check, inProject);
  t.not(code, 0);
  t.match(output, /Did you mean '"amount: number"'/, 'as described in the tutorial');
  writeFileSync(file, after);
  await succeed(t, shellBlock('docs/tutorial.md', '4. Add a feature'));
  writeFileSync(file, before);
});

await t.test('its tests pass', async (t) => {
  await succeed(t, shellBlock('docs/tutorial.md', '5. Test it'));
});

await t.test('its models are listed, rolled back and promoted', async (t) => {
  const [listed] = await succeed(t, shellBlock('docs/tutorial.md', '6. See what was learned'));
  t.match(listed, /v1 +retired .*\nv2 +champion/);
  const env = { ...inProject.env, MILLRACE_DATA: join(project, '.millrace', 'start') };
  const commands = [
    ...commandsOf(shellBlock('docs/guide/models.md', 'Roll back')),
    ...commandsOf(shellBlock('docs/operations.md', 'A bad model')),
  ];
  for (const command of commands) {
    const { code, output } = await runCommand(command, { cwd: project, env });
    t.equal(code, 0, `${command}\n${output}`);
  }
});

await t.test('an event that is sent is predicted', async (t) => {
  const [run = ''] = commandsOf(shellBlock('docs/tutorial.md', '7. Send an event'));
  const [follow = ''] = commandsOf(shellBlock('docs/tutorial.md', '7. Send an event', 2));
  const [send = ''] = commandsOf(shellBlock('docs/tutorial.md', '7. Send an event', 3));
  const same = [
    commandsOf(shellBlock('README.md', 'Millrace', 2)),
    [
      ...commandsOf(shellBlock('docs/guide/events.md', 'Over HTTP')),
      ...commandsOf(shellBlock('docs/guide/events.md', 'Over HTTP', 2)),
    ],
  ];
  for (const commands of same) t.strictSame(commands, [run, send]);
  const readme = readFileSync(join(project, 'README.md'), 'utf8');
  for (const command of [run, follow, send]) t.ok(readme.includes(command), command);
  const env = { ...inProject.env, MILLRACE_DATA: join(project, '.millrace', 'sent') };
  const running = startCommand(run, { cwd: project, env });
  t.teardown(() => running.interrupt());
  const [, port = ''] = await running.printed(/dashboard +http:\/\/127\.0\.0\.1:(\d+)/);
  const [, hint = ''] = await running.printed(/send +(curl .*)/);
  const following = startCommand(follow.replace('7400', port), inProject);
  t.teardown(() => following.interrupt());
  await following.printed(/"subscribed"/);
  for (const command of [send.replace('7400', port), hint]) {
    const { code, output } = await runCommand(command, inProject);
    t.equal(code, 0, output);
    t.match(output, /"accepted":1/, command);
  }
  for (const id of ['p1', 'id-1']) await following.printed(new RegExp(`"predictions".*"key":"${id}"`));
});

await t.test('past events are backfilled, and a live start goes on from there', async (t) => {
  const [ofTopic = '', ofFiles = '', run = ''] = commandsOf(shellBlock('docs/guide/backfill.md', 'Backfill'));
  const payments = (ats: readonly string[]): string =>
    [
      'type,id,card,merchant,amount,disputed,at',
      ...ats.map((at) => `payment,${at},4929,rail,25,,${at}`),
    ].join('\n');
  mkdirSync(join(project, 'exports'));
  const december = gzipSync(payments(['2025-12-30T12:00:00Z', '2025-12-31T12:00:00Z']));
  writeFileSync(join(project, 'exports', '2025-12.csv.gz'), december);
  writeFileSync(join(project, 'january.csv'), payments(['2026-01-01T12:00:00Z']));
  const env = { ...inProject.env, MILLRACE_DATA: join(project, '.millrace', 'backfilled') };
  for (const [command, expected] of [
    ['npx millrace load january.csv', /1 events/],
    [ofTopic, /events +1 in/],
    [ofFiles, /events +2 in/],
    [`${run} --until-caught-up`, /events +1 in/],
  ] as const) {
    const { code, output } = await runCommand(command, { cwd: project, env });
    t.equal(code, 0, `${command}\n${output}`);
    t.match(output, expected, command);
  }
});

await t.test('dead letters are replayed', async (t) => {
  const fix = codeBlocks('docs/operations.md').find(
    ({ heading, language }) => heading === 'A poisoned topic' && language === 'ts',
  );
  writeFileSync(join(project, 'fix.ts'), fix?.code ?? '');
  const env = { ...inProject.env, MILLRACE_DATA: join(project, '.millrace', 'served') };
  const commands = [
    // A replay keeps its event topics in memory; a run has them on disk.
    'npx millrace run topologies/payments.ts --until-caught-up',
    ...commandsOf(shellBlock('docs/operations.md', 'A poisoned topic')),
  ];
  for (const command of commands) {
    const { code, output } = await runCommand(command, { cwd: project, env });
    t.equal(code, 0, `${command}\n${output}`);
  }
});
