// Every shell block of the documentation is run by a test that takes its commands from the page.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type CodeBlock, allBlocks, commandsOf, root } from './pages.ts';

/** Blocks with the commands that set up and test a checkout: this run is one of them. */
const CHECKOUT = ['CONTRIBUTING.md|Set-up|1', 'README.md|Millrace|3'];

/** Blocks that require the published package: the test of the tarball runs the same commands in an empty folder. */
const PACKAGE = ['README.md|Millrace|1', 'docs/tutorial.md|1. Create a project|1'];

/** Blocks that require a container engine: docs/untested.md says what stands in for it. */
const CONTAINERS = [
  'docs/guide/containers.md|A project of your own|1',
  'docs/guide/containers.md|The image of the engine|1',
  'docs/guide/containers.md|The image of the engine|2',
];

/** Pages whose blocks are all run by a single test, which reads the whole page. */
const WHOLE_PAGES: Readonly<Record<string, string>> = {
  'docs/reference/cli.md': 'test/docs/cli-examples.test.ts',
};

const sources = globSync(['test/**/*.ts', 'tools/**/*.ts'], { cwd: root })
  .filter((file) => !file.includes('.cache'))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');

/** `page|heading|nth` of each block that a test claims. */
const claimed = new Set(
  [
    ...sources.matchAll(
      /shellBlock\(\s*'([^']+)',\s*(?:'((?:[^'\\]|\\.)+)'|"([^"]+)")(?:,\s*(\d+))?,?\s*\)/g,
    ),
  ].map(
    ([, page, single, double, nth = '1']) =>
      `${page}|${(single ?? double ?? '').replaceAll("\\'", "'")}|${nth}`,
  ),
);

const blocks = allBlocks().filter(({ language }) => language === 'sh' || language === 'bash');

function nameOf(block: CodeBlock): string {
  const siblings = blocks.filter(({ page, heading }) => page === block.page && heading === block.heading);
  return `${block.page}|${block.heading}|${siblings.indexOf(block) + 1}`;
}

t.test('each block is claimed', (t) => {
  for (const block of blocks) {
    const whole = WHOLE_PAGES[block.page];
    const name = nameOf(block);
    if (whole !== undefined) t.ok(existsSync(join(root, whole)), `${name} by ${whole}`);
    else
      t.ok(
        claimed.has(name) || [...CHECKOUT, ...PACKAGE, ...CONTAINERS].includes(name),
        `${block.page}:${block.line} (${name}) is run by a test`,
      );
  }
  t.end();
});

t.test('each claimed block exists', (t) => {
  const names = blocks.map(nameOf);
  for (const claim of claimed) t.ok(names.includes(claim), claim);
  t.end();
});

t.test('the commands of a checkout are scripts of the package, and .ci/run calls those that decide', (t) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const ci = readFileSync(join(root, '.ci', 'run'), 'utf8');
  for (const block of blocks.filter((block) => CHECKOUT.includes(nameOf(block)))) {
    for (const [, script = ''] of commandsOf(block)
      .join('\n')
      .matchAll(/npm (?:run )?(start|test|check|build)\b/g))
      t.type(scripts[script], 'string', script);
  }
  for (const command of ['npm install', 'counted test', 'npm run check']) t.ok(ci.includes(command), command);
  t.end();
});

t.test('the blocks that require a container engine name files and services that exist', (t) => {
  t.match(readFileSync(join(root, 'docs', 'untested.md'), 'utf8'), '`docker compose up`');
  const compose = readFileSync(join(root, 'templates', 'payments', 'compose.yaml'), 'utf8');
  for (const block of blocks.filter((block) => CONTAINERS.includes(nameOf(block)))) {
    for (const command of commandsOf(block)) {
      t.match(command, /^(docker (build|run|compose) |npm install$)/);
      const file = / -f (\S+)/.exec(command)?.[1];
      if (file !== undefined) t.ok(existsSync(join(root, file)), file);
      const service = /compose run --rm (\S+)/.exec(command)?.[1];
      if (service !== undefined) t.match(compose, new RegExp(`^  ${service}:`, 'm'), service);
    }
  }
  t.end();
});

t.test('the test of the package runs the commands that create a project', (t) => {
  const steps = ['pack-test.ts', 'package/stranger.ts']
    .map((file) => readFileSync(join(root, 'tools', file), 'utf8'))
    .join('\n');
  for (const block of blocks.filter((block) => PACKAGE.includes(nameOf(block)))) {
    for (const command of commandsOf(block).flatMap((line) => line.split(' && '))) {
      if (command.startsWith('cd ')) continue;
      // `npm create X` is `npx create-X`; the test uses another folder name.
      const [program = '', ...words] = command
        .replace('npm create millrace payments', 'npx create-millrace app')
        .split(' ');
      const call = `'${program}', [${words.map((word) => `'${word}'`).join(', ')}`;
      t.ok(steps.includes(call), call);
    }
  }
  t.end();
});
