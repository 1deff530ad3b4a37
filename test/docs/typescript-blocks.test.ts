// Every TypeScript block of the documentation compiles with the strict settings of the project and runs unchanged.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { describeText, type Topology } from '../../src/index.ts';
import { bareCommand } from '../support/bare-command.ts';
import { allBlocks, type CodeBlock, root } from './pages.ts';

// Inside the repository, so that `millrace` resolves as in a topology there.
const folder = join(root, 'test', '.cache', `docs-${process.pid}`);
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const TSC = join(root, 'node_modules', '.bin', 'tsc');
const blocks = allBlocks().filter(({ language }) => language === 'ts');

/** A block that another one imports says its name on its first line: `// file: payments.ts`. */
function fileOf({ page, line, code }: CodeBlock): string {
  const named = /^\/\/ file: ([\w./-]+\.ts)\n/.exec(code)?.[1];
  return join(folder, page.replaceAll(/[^\w]/g, '-'), named ?? `block-${line}.ts`);
}

for (const block of blocks) {
  const file = fileOf(block);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, block.code);
}

function isTopology(value: unknown): value is Topology {
  return typeof value === 'object' && value !== null && 'stages' in value && 'watermarks' in value;
}

t.test('every block compiles', (t) => {
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { isolatedDeclarations: false, declaration: false },
    include: [`${folder}/**/*.ts`],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = spawnSync(...bareCommand(process.execPath, [TSC, '-p', folder]), {
    encoding: 'utf8',
  });
  t.equal(tsc.stdout + tsc.stderr, '');
  t.equal(tsc.status, 0);
  t.end();
});

for (const block of blocks) {
  t.test(`${block.page}:${block.line} runs`, async (t) => {
    if (block.code.includes("from 'node:test'")) {
      const run = spawnSync(...bareCommand(process.execPath, [fileOf(block)]), { encoding: 'utf8' });
      return t.equal(run.status, 0, run.stdout + run.stderr);
    }
    const module = (await import(pathToFileURL(fileOf(block)).href)) as { default?: unknown }; // checked below
    if (isTopology(module.default)) t.match(describeText(module.default), /^topology /);
    t.pass('the block runs without an error');
  });
}

t.ok(blocks.length > 2, 'blocks were found');
