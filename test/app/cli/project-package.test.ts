// A command that is started elsewhere hands over to the millrace of the topology's project.
import { join } from 'node:path';
import t from 'tap';
import { projectCommand } from '../../../src/app/cli/project-package.ts';
import { millrace } from '../../support/cli.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const manifest = {
  name: 'millrace',
  type: 'module',
  bin: { millrace: 'dist/main.js' },
  exports: { './package.json': './package.json' },
};
const folder = t.testdir({
  project: {
    'package.json': '{ "type": "module" }',
    topologies: { 'a.ts': '' },
    node_modules: {
      millrace: {
        'package.json': JSON.stringify(manifest),
        dist: { 'main.js': "console.log('of the project:', process.argv.slice(2).join(' '));" },
      },
    },
  },
  alone: { 'b.ts': '' },
});
const inProject = join(folder, 'project', 'topologies', 'a.ts');
const alone = join(folder, 'alone', 'b.ts');

t.test('the millrace of the project runs the verb', async (t) => {
  const { code, stdout } = await millrace(['describe', inProject, '--mermaid']);
  t.equal(code, 0);
  t.equal(stdout, `of the project: describe ${inProject} --mermaid\n`);
});

t.test('its own command is no other one', async (t) => {
  t.equal(projectCommand(['run', 'topologies/flights.ts'], ROOT), null);
  const root = join(folder, 'project', 'node_modules', 'millrace');
  t.equal(projectCommand(['run', inProject], root), null);
  t.equal(projectCommand(['run', inProject], ROOT), join(root, 'dist', 'main.js'));
});

t.test('without a topology, or without a millrace beside it, the command runs itself', async (t) => {
  for (const args of [[], ['--help'], ['run'], ['run', 'missing.ts'], ['run', folder], ['run', alone]])
    t.equal(projectCommand(args, ROOT), null, args.join(' '));
});
