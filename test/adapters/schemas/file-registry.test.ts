// The embedded registry: the contract, the ids of the registry it replaced, and files that are damaged.
import { SchemaRegistryClient } from '@confluentinc/schemaregistry';
import fc from 'fast-check';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { FileRegistry } from '../../../src/adapters/schemas/file-registry.ts';
import { schemaRegistryContract } from '../../contracts/schema-registry.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-registry-'));
t.teardown(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => join(folder, `${(files += 1)}`, 'schema-registry.json');

schemaRegistryContract('file', async () => {
  const file = newFile();
  return { client: new FileRegistry(file), again: async () => new FileRegistry(file) };
});

t.test('ids are those of the mock registry of Confluent, which wrote these files before', async (t) => {
  const registrations = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', '3')));
  await fc.assert(
    fc.asyncProperty(registrations, async (pairs) => {
      const registry = new FileRegistry(null);
      const reference = SchemaRegistryClient.newClient({ baseURLs: ['mock://'] });
      for (const [subject, text] of pairs) {
        const expected = await reference.register(subject, { schema: text, schemaType: 'AVRO' }, false);
        if ((await registry.register(subject, { language: 'AVRO', text })) !== expected) return false;
      }
      return true;
    }),
  );
  t.pass('100 sequences');
});

t.test('the file lists the schemas in the order of their ids', async (t) => {
  const file = newFile();
  const registry = new FileRegistry(file);
  await registry.register('a-value', { language: 'AVRO', text: '"int"' });
  await registry.register('b-value', { language: 'JSON', text: '{}' });
  t.strictSame(JSON.parse(readFileSync(file, 'utf8')), [
    { subject: 'a-value', schema: '"int"' },
    { subject: 'b-value', schema: '{}', schemaType: 'JSON' },
  ]);
});

t.test('a damaged file is refused, not overwritten', async (t) => {
  for (const content of ['[{"subject": "a"', '{}', '[1]', '[{"subject":"a","schema":1}]']) {
    const file = join(folder, `damaged-${(files += 1)}.json`);
    writeFileSync(file, content);
    const registry = new FileRegistry(file);
    const schema = { language: 'AVRO', text: '"int"' } as const;
    await t.rejects(registry.register('a', schema), { code: 'DATA_INVALID', where: file });
    await t.rejects(registry.schemasOf([1]), { code: 'DATA_INVALID' });
    t.equal(readFileSync(file, 'utf8'), content);
  }
});

t.test('processes that register at the same time assign each id once', async (t) => {
  const file = newFile();
  const script = `import { FileRegistry } from ${JSON.stringify(new URL('../../../src/adapters/schemas/file-registry.ts', import.meta.url).href)};
    const registry = new FileRegistry(process.argv[1]);
    const ids = [];
    for (let i = 0; i < 40; i++)
      ids.push(await registry.register(process.argv[2] + i, { language: 'AVRO', text: '"int"' }));
    console.log(JSON.stringify(ids));`;
  const runs = ['a', 'b', 'c'].map(async (name) => {
    const args = ['--input-type=module', '-e', script, file, name];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout) as number[];
  });
  const ids = (await Promise.all(runs)).flat();
  t.equal(new Set(ids).size, 120);
  t.equal(JSON.parse(readFileSync(file, 'utf8')).length, 120);
});
