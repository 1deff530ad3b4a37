// The topology that a load is for, where the command line does not name its file.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { inputsOf, type LoadInputs } from '../../../../src/app/commands/load/inputs.ts';
import { scoredTopology } from '../../../support/scored-topology.ts';

const topology = scoredTopology('inputs');
t.teardown(() => topology.remove());
process.chdir(topology.folder);
mkdirSync('topologies');
const file = join('topologies', 'payments.ts');
const write = (name: string, text: string): void => writeFileSync(join('topologies', name), text);

function find(topic?: string, topologyFile?: string): Promise<LoadInputs> {
  return inputsOf({ words: ['-'], topologyFile, topic });
}

t.test('modules without a topology are passed over', async (t) => {
  copyFileSync(topology.file, file);
  // What `schema infer` writes, and what topologies share.
  write('a-source.ts', 'export const payments = {};\n');
  write('shared.js', 'export default { columns: 1 };\n');
  t.match(await find(), { topologyFile: file, topology: { name: topology.name } });
  const other = scoredTopology('inputs-other');
  t.teardown(() => other.remove());
  copyFileSync(other.file, join('topologies', 'other.ts'));
  t.match(await find(topology.name), { topologyFile: file });
  t.match(await find(other.name), { topologyFile: join('topologies', 'other.ts') });
  const message = /not clear which topology .*there are topologies\/other\.ts, topologies\/payments\.ts\. /;
  await t.rejects(find(), { code: 'CONFIG_INVALID', message });
  rmSync(join('topologies', 'other.ts'));
});

t.test('a module that is named, or does not load, is not', async (t) => {
  const named = find(undefined, join('topologies', 'shared.js'));
  await t.rejects(named, { code: 'TOPOLOGY_INVALID', message: /no topology as its default.*shared\.js/ });
  write('faulty.js', "throw new Error('of its own');\n");
  await t.rejects(find(), { code: 'TOPOLOGY_INVALID', message: /faulty\.js:1:7 of its own/ });
  rmSync(join('topologies', 'faulty.js'));
  write('promise.js', 'export default Promise.resolve();\n');
  await t.rejects(find(), { code: 'TOPOLOGY_INVALID', message: /is a promise.*promise\.js/ });
  rmSync(join('topologies', 'promise.js'));
});

t.test('a folder without a topology', async (t) => {
  rmSync(file);
  await t.rejects(find(), { message: /none of topologies\/a-source\.ts, .* has a topology as its default/ });
  rmSync('topologies', { recursive: true });
  await t.rejects(find(), { message: /there is no topologies folder here/ });
});
