// The command line: help, versions, and mistakes that are reported all at once with exit code 1.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { verbs } from '../../../src/app/cli/program.ts';
import { demo, millrace } from '../../support/cli.ts';

const FLIGHTS = 'topologies/flights.ts';
const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
t.teardown(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

t.test('help of every verb has a description and examples', async (t) => {
  const help = await millrace(['--help']);
  t.equal(help.code, 0);
  for (const { name } of verbs) t.match(help.stdout, new RegExp(`^  ${name} `, 'm'), name);
  for (const verb of verbs) {
    for (const child of [verb, ...verb.verbs]) {
      const words = child === verb ? [verb.name] : [verb.name, child.name];
      const { code, stdout } = await millrace([...words, '--help']);
      t.equal(code, 0, words.join(' '));
      t.match(stdout, /^Examples:\n {2}\S/m, `examples of ${words.join(' ')}`);
      t.ok(stdout.replace(/\s+/g, ' ').includes(child.description), child.description);
      for (const { flag } of Object.values(child.options)) t.ok(stdout.includes(flag), flag);
    }
  }
});

t.test('help loads no engine, so that it answers at once', async (t) => {
  const log = `import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => (process.stderr.write(url + '\\n'), next(url, context)) });`;
  const logging = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(log)}` };
  const { stderr } = await millrace(['--help'], logging);
  t.match(stderr, /src\/app\/cli\/program\.ts$/m, 'loaded modules are logged');
  t.notMatch(stderr, /src\/runtime\/|node_modules\/(kafkajs|onnxruntime)/);
});

t.test('the version is that of the package', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  t.equal((await millrace(['--version'])).stdout, `${version}\n`);
});

t.test('mistakes in the arguments', async (t) => {
  const cases: ReadonlyArray<readonly [readonly string[], RegExp]> = [
    [['run'], /^millrace: CONFIG_INVALID: missing required argument 'topology'/],
    [['run', FLIGHTS, '--nope'], /^millrace: CONFIG_INVALID: unknown option '--nope'/],
    [['nope'], /^millrace: CONFIG_INVALID: unknown command 'nope'/],
    [['run', FLIGHTS, '--until-cought-up'], /unknown option .*\n?.*Did you mean --until-caught-up\?/],
    [['rum', FLIGHTS], /unknown command 'rum'\s+\(Did you mean run\?\)/],
    [['run', FLIGHTS, 'another.ts'], /^millrace: CONFIG_INVALID: too many arguments/],
    [
      ['run', FLIGHTS, '--port', '1e3', '--workers', '2.0'],
      /2 problems:\n +--port 1e3: .*\n +--workers 2.0: /,
    ],
    [['run', FLIGHTS, '--report', 'no/such/folder/r.json'], /--report .*there is no folder/],
    [
      ['run', FLIGHTS, '--workers', '2', '--port', '65535', '--report', 'r.json'],
      /2 problems:\n.*single worker\n.*65536/,
    ],
    [
      ['start', FLIGHTS, '--events', '', '--key', 'a,a'],
      /--events : it is empty\n +--key a,a: a is named twice/,
    ],
    [['start', FLIGHTS, '--events', 'x', '--exit', '--port', '1'], /--exit opens no port/],
    [['dead-letters', 'list', FLIGHTS, '--since', '5'], /--since 5: give a date/],
    [
      ['dead-letters', 'list', FLIGHTS, '--since', '2026-02-30T00:00:00Z'],
      /--since 2026-02-30T00:00:00Z: give a date/,
    ],
    [
      ['replay-dead-letters', FLIGHTS, '--code', 'CONTRACT_RANG'],
      /^millrace: CONFIG_INVALID: --code CONTRACT_RANG: .*did you mean CONTRACT_RANGE\?/,
    ],
  ];
  for (const [args, expected] of cases) {
    const { code, stderr, stdout } = await millrace(args);
    t.equal(code, 1, args.join(' '));
    t.match(stderr, expected);
    t.equal(stdout, '');
  }
});

t.test("the demo's commands report mistakes the same way", async (t) => {
  const { code, stderr } = await demo(['produce']);
  t.equal(code, 1);
  t.match(stderr, /^millrace: CONFIG_INVALID: MILLRACE_KAFKA_BROKERS: not set/);
});

t.test('every problem of flags and environment is listed at once', async (t) => {
  const { code, stderr } = await demo(['start', '--until', 'may', '--port', '70000', '--speed', '-1'], {
    MILLRACE_PORT: 'x',
    MILLRACE_REDIS_URL: 'http://localhost',
    MILLRACE_TOKEN: '',
  });
  t.equal(code, 1);
  t.match(stderr, /^millrace: CONFIG_INVALID: 5 problems:$/m);
  for (const problem of [
    '--until may: ',
    '--port 70000: ',
    '--speed -1: ',
    'MILLRACE_PORT: ',
    'MILLRACE_REDIS_URL: ',
  ]) {
    t.ok(stderr.includes(`\n  ${problem}`), problem);
  }
});

t.test('describe as text and as a diagram', async (t) => {
  const text = await millrace(['describe', FLIGHTS]);
  t.equal(text.code, 0);
  t.match(text.stdout, /^topology flights\n {2}source +flights, event time eventTime\n/);
  t.match(text.stdout, /^ {2}sink +flights\.predictions$/m);
  const mermaid = await millrace(['describe', FLIGHTS, '--mermaid']);
  t.match(mermaid.stdout, /^flowchart LR\n/);
});

t.test('a topology file that is missing, broken, or none', async (t) => {
  const cases: ReadonlyArray<readonly [string, RegExp]> = [
    [join(folder, 'missing.ts'), /there is no such file \(.*missing\.ts\)/],
    [file('syntax.ts', 'export default {\n  a: ;\n};\n'), /syntax\.ts:2:6 Expression expected/],
    [file('enum.ts', 'enum Kind { A }\nexport default Kind;\n'), /enum\.ts:1:1 .*enum is not supported/],
    [file('import.ts', "import '../nowhere.ts';\n"), /import\.ts:1:8 Cannot find module '.*nowhere\.ts'/],
    [file('number.ts', 'export default 3;\n'), /no topology as its default export.*defineTopology/],
  ];
  for (const [path, expected] of cases) {
    const { code, stderr } = await millrace(['describe', path]);
    t.equal(code, 1, path);
    t.match(stderr, /^millrace: TOPOLOGY_INVALID: /);
    t.match(stderr, expected);
    t.notMatch(stderr, /\n {4}at /, 'no stack');
  }
});
