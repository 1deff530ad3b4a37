// The contract of the offline store on embedded chdb, and behaviour that is specific to an embedded store.
import { join } from 'node:path';
import t from 'tap';
import { loadChdb } from '../../../src/adapters/clickhouse/chdb-database.ts';
import { openHistory } from '../../../src/adapters/clickhouse/history.ts';
import { historyContract } from '../../contracts/history.ts';

// A busy machine needs its time for tables that are rewritten.
t.setTimeout(120_000);

const path = join(t.testdir({}), 'history');
await historyContract(t, 'chdb', { open: () => openHistory({ url: null, path }) });

t.test('without the optional package the error says how to install it', async (t) => {
  const chdb = (): Promise<never> => Promise.reject(new Error("Cannot find package 'chdb'"));
  await t.rejects(openHistory({ url: null, path, chdb }), {
    code: 'HISTORY_UNAVAILABLE',
    message: /chdb does not load.*npm install chdb.*MILLRACE_CLICKHOUSE_URL/,
  });
});

t.test('a missing package is distinguished from one that does not load', async (t) => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  t.match(await loadChdb(() => Promise.reject(missing)), { loaded: null, isInstalled: false });
  const unfit = new Error('GLIBC_2.38 not found');
  t.match(await loadChdb(() => Promise.reject(unfit)), { loaded: null, isInstalled: true, why: /GLIBC/ });
});

t.test('a malformed URL and an unavailable server', async (t) => {
  await t.rejects(openHistory({ url: 'nonsense', path }), { code: 'CONFIG_INVALID' });
  const refused = openHistory({ url: 'http://user:secret@127.0.0.1:1/db', path });
  await t.rejects(refused, { code: 'HISTORY_UNAVAILABLE', message: /MILLRACE_CLICKHOUSE_URL/ });
  const message = await refused.then(String, (error: unknown) => String(error));
  t.notMatch(message, /secret/);
});
