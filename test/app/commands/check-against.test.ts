// `millrace check --against`: a change, compared with the description of what was deployed. In JavaScript, so that no
// compiler runs.
import { symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { commandsOf, shellBlock } from '../../docs/pages.ts';
import { millrace } from '../../support/cli.ts';

/** Several processes, on a machine that is busy. */
t.setTimeout(180_000);

const good = `import * as m from 'millrace';
const payments = m.source('payments', { schema: { id: m.string, amount: m.double, at: m.timestamp }, eventTime: 'at' });
export default m.defineTopology(payments, {
  stages: [m.features({ fields: { amount: m.numeric('amount') } }), m.score({ key: 'id' })],
});
`;
const changed = good
  .replace('at: m.timestamp', 'fee: m.double, note: m.nullable(m.string), at: m.timestamp')
  .replace('stages: [', "stages: [m.contract([m.range('amount', 0, 100)]), ");
const filtered = good.replace('stages: [', "stages: [m.filter(m.greater('amount', 5)), ");

const folder = t.testdir({
  'package.json': '{ "type": "module" }',
  'good.js': good,
  'changed.js': changed,
  'filtered.js': filtered,
  node_modules: {},
});
symlinkSync(resolve('.'), join(folder, 'node_modules', 'millrace'));

function against(file: string, old: string): ReturnType<typeof millrace> {
  return millrace(['check', join(folder, file), '--against', join(folder, old)]);
}

t.test('describe --json, then check --against', async (t) => {
  // The commands of the guide, on the topology here.
  const commands = commandsOf(shellBlock('docs/guide/contracts.md', 'Change a contract'));
  t.same(commands, [
    'npx millrace describe topologies/payments.ts --json > deployed.json',
    'npx millrace check topologies/payments.ts --against deployed.json',
  ]);
  const described = await millrace(['describe', join(folder, 'good.js'), '--json']);
  t.equal(described.code, 0, described.stderr);
  t.match(JSON.parse(described.stdout), {
    name: 'payments',
    source: { columns: { amount: { type: 'double' } } },
  });
  writeFileSync(join(folder, 'deployed.json'), described.stdout);

  const same = await against('good.js', 'deployed.json');
  t.equal(same.code, 0, same.stderr);
  t.match(same.stdout, /compared with \S+deployed\.json: no change for others\n/);

  const broken = await against('changed.js', 'deployed.json');
  t.equal(broken.code, 1);
  t.match(broken.stdout, /: 3 changes for others\n/);
  t.match(broken.stdout, /breaks {2}producers {2}the column 'fee' is new and required\n/);
  t.match(broken.stdout, /fits {4}producers {2}the column 'note' is new/);
  t.match(broken.stdout, /breaks {2}producers {2}the rule range\(amount\) is new: dead-letter\n/);
  t.match(broken.stderr, /^millrace: CHANGE_INCOMPATIBLE: the change breaks producers \(/);
});

t.test('a stage, and a description without stages', async (t) => {
  const file = await against('filtered.js', 'good.js');
  t.equal(file.code, 1);
  t.match(
    file.stdout,
    /: 1 change for others\n {2}breaks {2}consumers {2}the stage filter \(filter\) is new: /,
  );
  const { stdout } = await millrace(['describe', join(folder, 'good.js'), '--json']);
  const { stages, ...old } = JSON.parse(stdout) as { stages: readonly object[] };
  t.match(stages, [{ kind: 'watermarks' }, { kind: 'features' }, { kind: 'score' }]);
  writeFileSync(join(folder, 'old.json'), JSON.stringify(old));
  const unknown = await against('filtered.js', 'old.json');
  t.equal(unknown.code, 0, unknown.stderr);
  t.match(unknown.stdout, /: besides the stages no change for others\n {2}the stages cannot be compared: /);
});

t.test('a topology file, and what is none', async (t) => {
  const file = await against('good.js', 'changed.js');
  t.match(file.stderr, /^millrace: CHANGE_INCOMPATIBLE: the change breaks consumers \(/);
  const none = await against('good.js', 'package.json');
  t.match(none.stderr, /^millrace: DATA_INVALID: it is no description of a topology/);
});
