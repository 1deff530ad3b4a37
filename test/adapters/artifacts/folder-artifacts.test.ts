// Artifacts in a folder.
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
