// Artifacts in a folder.
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { FolderArtifacts } from '../../../src/adapters/artifacts/folder-artifacts.ts';
import { artifactStoreContract } from '../../contracts/artifact-store.ts';

t.test('the contract', async (t) => {
  const folder = join(t.testdir({ shared: {} }), 'shared', 'orders');
  await artifactStoreContract(t, async () => new FolderArtifacts(folder));
});

t.test('a folder that cannot be written to says so', async (t) => {
  const folder = join(t.testdir({ file: '' }), 'file');
  await t.rejects(new FolderArtifacts(folder).write(Buffer.from('model'), 'ab'.repeat(32)), {
    code: 'CONFIG_INVALID',
  });
});

t.test('what a writer left that ended early is removed, that of a writer at work is not', async (t) => {
  const folder = join(t.testdir({}), 'orders');
  await mkdir(folder);
  for (const name of ['.new-1-1', '.new-2-1', 'notes.txt']) await writeFile(join(folder, name), 'model');
  const hourAgo = Date.now() / 1_000 - 3_600;
  for (const name of ['.new-1-1', 'notes.txt']) await utimes(join(folder, name), hourAgo, hourAgo);
  await new FolderArtifacts(folder).removeUnfinished(Date.now() - 60_000);
  t.same(await readdir(folder), ['.new-2-1', 'notes.txt']);
});
