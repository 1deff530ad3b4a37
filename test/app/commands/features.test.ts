// `millrace features get` on a data folder.
import { join } from 'node:path';
import t from 'tap';
import { SqliteStateStores } from '../../../src/adapters/embedded/state-store.ts';
import { getFeatures } from '../../../src/app/commands/features/get-features.ts';
import { lockFolder } from '../../../src/app/compose/folder-lock.ts';
import { readConfig } from '../../../src/app/settings/config.ts';
import { emptyDelta } from '../../../src/core/state-delta.ts';

const FILE = join(import.meta.dirname, '../../../topologies/flights.ts');

t.test('it prints what the store has, and as JSON', async (t) => {
  const folder = t.testdir({});
  const config = readConfig({ MILLRACE_DATA: folder, MILLRACE_LOG_LEVEL: 'silent' });
  const stores = new SqliteStateStores({ path: join(folder, 'state.db') });
  const store = stores.open('flights', { topic: 'flights', partition: 0 });
  await store.restore(1);
  await store.commit({ epoch: 1, offsetNext: 9, watermarkMs: 0, modelVersion: 'none' }, emptyDelta());
  await stores.close();
  const printed: string[] = [];
  t.intercept(process.stdout, 'write', { value: (text: string) => printed.push(text) > 0 });
  const options = { service: 'origin', columns: ['origin=JFK'], asJson: false };
  await getFeatures(FILE, config, options);
  await getFeatures(FILE, config, { ...options, asJson: true });
  const [text, json = ''] = printed;
  t.match(text, /^origin\.\w+ {2}null {2}not_found$/m);
  t.match(text, /^partitions read: 0 up to offset 9$/m);
  t.match(JSON.parse(json), { partitions: [{ partition: 0, offset: 9 }] });
  await t.rejects(getFeatures(FILE, config, { ...options, columns: ['origin'] }), { code: 'CONFIG_INVALID' });
  await t.rejects(getFeatures(FILE, config, { ...options, columns: ['carrier=AA'] }), {
    code: 'DATA_INVALID',
    message: /no value for 'origin'/,
  });
  await t.rejects(getFeatures(FILE, config, { ...options, service: 'orign' }), { message: /origin/ });
  const unlock = await lockFolder(folder);
  await t.rejects(getFeatures(FILE, config, options), { code: 'CONFIG_INVALID' });
  await unlock();
});
