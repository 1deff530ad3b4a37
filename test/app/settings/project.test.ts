import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../../../src/app/settings/config.ts';
import { inProject } from '../../../src/app/settings/project.ts';

const folder = t.testdir({ 'package.json': '{}', deep: { topologies: { 'a.ts': '' } } });
const file = join(folder, 'deep', 'topologies', 'a.ts');

t.test('schemas are in the project of the topology', async (t) => {
  t.equal(inProject(readConfig({}), file).schemaFolder, join(folder, 'schemas'));
});

t.test('a folder that is set stays', async (t) => {
  const config = readConfig({ MILLRACE_SCHEMAS: '/somewhere' });
  t.equal(inProject(config, file), config);
});

t.test('without a project the working folder has them', async (t) => {
  t.equal(inProject(readConfig({}), '/a.ts').schemaFolder, null);
});
