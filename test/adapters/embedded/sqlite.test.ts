// A full disk, a folder that cannot be used and a damaged file each end with their cause.
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SqliteHistory } from '../../../src/adapters/embedded/history.ts';
import { LogStore } from '../../../src/adapters/embedded/log-store.ts';
import { inTransaction, isDamaged, openSqlite, sqliteError } from '../../../src/adapters/embedded/sqlite.ts';
import { SqliteStateStores } from '../../../src/adapters/embedded/state-store.ts';

const errorOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
};

t.test('a full disk: the cause, not the failure to undo', async (t) => {
  const db = openSqlite(
    join(t.testdir({}), 'a.db'),
    'CREATE TABLE t (a BLOB); PRAGMA cache_size = 1; PRAGMA max_page_count = 20',
  );
  t.teardown(() => db.close());
  const insert = db.prepare('INSERT INTO t VALUES (?)');
  const fill = (): void => {
    for (let i = 0; i < 100; i++) insert.run(Buffer.alloc(4_000));
  };
  const error = errorOf(() => inTransaction(db, fill));
  t.match(error, { code: 'ERR_SQLITE_ERROR', errcode: 13, message: /full/ });
  t.notOk(db.isTransaction);
  t.match(sqliteError(error, 'LOG', 'write', 'a.db'), {
    code: 'LOG_UNAVAILABLE',
    message: /is full.*Free space/,
  });
  t.equal(db.prepare('SELECT count(*) AS n FROM t').get()?.['n'], 0, 'nothing is left of it');
  inTransaction(db, () => insert.run(Buffer.alloc(10)));
  t.equal(db.prepare('SELECT count(*) AS n FROM t').get()?.['n'], 1, 'with space it goes on');
});

t.test('a path that is a file, and a file that is no database', async (t) => {
  const folder = t.testdir({ file: 'text' });
  const cases = [
    (path: string) => new LogStore(path),
    (path: string) => new SqliteStateStores({ path }),
    (path: string) => new SqliteHistory({ path }),
  ];
  for (const [i, open] of cases.entries()) {
    const under = errorOf(() => open(join(folder, 'file', 'x.db')));
    t.match(under, { name: 'MillraceError', message: /MILLRACE_DATA|data folder/ });
    mkdirSync(join(folder, `folder-${i}`));
    t.match(
      errorOf(() => open(join(folder, `folder-${i}`))),
      { code: 'CONFIG_INVALID' },
    );
    const foreign = join(folder, `foreign-${i}.db`);
    writeFileSync(foreign, Buffer.alloc(10_000, 7));
    if (i === 1) continue; // the state store starts without it: see the state store's tests
    t.match(
      errorOf(() => open(foreign)),
      { code: 'DATA_INVALID', message: /Restore the file/ },
    );
  }
});

t.test('a damaged file is recognised', async (t) => {
  const path = join(t.testdir({}), 'a.db');
  const db = openSqlite(path, 'CREATE TABLE t (a BLOB)');
  for (let i = 0; i < 50; i++) db.prepare('INSERT INTO t VALUES (?)').run(Buffer.alloc(1_000, i));
  db.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(8_192, 0xff), 0, 8_192, 4_096);
  closeSync(file);
  const again = openSqlite(path, '');
  t.teardown(() => again.close());
  const error = errorOf(() => again.prepare('SELECT * FROM t').all());
  t.ok(isDamaged(error));
  t.match(sqliteError(error, 'STORE', 'read', path), { code: 'DATA_INVALID' });
});

t.test('no statement has numbered parameters: they fail on the oldest Node that is supported', async (t) => {
  const folder = join(import.meta.dirname, '..', '..', '..', 'src', 'adapters', 'embedded');
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  t.ok(files.length > 5);
  for (const file of files) t.notMatch(readFileSync(join(folder, file), 'utf8'), /= \?\d/, file);
});
