// The lock of a data folder ends with its process, whatever its id is, and names no raw error.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { lockFolder } from '../../../src/app/compose/folder-lock.ts';
import { fileError } from '../../../src/core/file-errors.ts';

const module = join(import.meta.dirname, '../../../src/app/compose/folder-lock.ts');

/** A process that locks the folder and waits. */
async function locked(folder: string): Promise<{ kill(): Promise<void>; readonly pid: number }> {
  const script = `const { lockFolder } = await import(${JSON.stringify(module)});
    await lockFolder(${JSON.stringify(folder)}); console.log('locked'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    pid: child.pid ?? 0,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

t.test('a process that was killed leaves no lock, even if its id is in use', async (t) => {
  const folder = t.testdir({});
  const other = await locked(folder);
  await t.rejects(lockFolder(folder), {
    code: 'CONFIG_INVALID',
    message: new RegExp(`process ${other.pid} uses this data folder`),
  });
  await other.kill();
  // In a container every life of a process may have the same id: here that of this process.
  writeFileSync(join(folder, 'engine.pid'), String(process.pid));
  const unlock = await lockFolder(folder);
  await t.rejects(lockFolder(folder), { message: new RegExp(`process ${process.pid} uses`) });
  await unlock();
  t.notOk(existsSync(join(folder, 'engine.pid')));
  await (
    await lockFolder(folder)
  )();
});

t.test('whatever is in the file of the process id', async (t) => {
  const folder = t.testdir({});
  const unlock = await lockFolder(folder);
  writeFileSync(join(folder, 'engine.pid'), 'x'.repeat(1_000));
  await t.rejects(lockFolder(folder), { message: /^another process uses this data folder/ });
  await unlock();
});

t.test('a lock file that is no database is replaced', async (t) => {
  const folder = t.testdir({ 'engine.lock': 'x'.repeat(5_000) });
  const unlock = await lockFolder(folder);
  await t.rejects(lockFolder(folder), { code: 'CONFIG_INVALID' });
  await unlock();
});

t.test('a folder that cannot be used', async (t) => {
  const folder = t.testdir({ file: '' });
  await t.rejects(lockFolder(join(folder, 'file')), {
    code: 'CONFIG_INVALID',
    message: /a file has its name/,
  });
  await t.rejects(lockFolder(join(folder, 'file', 'sub')), {
    code: 'CONFIG_INVALID',
    message: /a part of its path is a file.*MILLRACE_DATA/,
  });
});

t.test('what a system error means', async (t) => {
  const system = (code: string): Error => Object.assign(new Error(code), { code });
  t.match(fileError(system('ENOSPC'), 'write', 'f', 'DATA_INVALID'), { code: 'DISK_FULL', where: 'f' });
  t.match(fileError(system('EROFS'), 'write', 'f', 'DATA_INVALID'), { code: 'CONFIG_INVALID' });
  t.match(fileError(system('EACCES'), 'write', 'f', 'DATA_INVALID'), { code: 'CONFIG_INVALID' });
  t.match(fileError(system('EIO'), 'write', 'f', 'DATA_INVALID'), { code: 'DATA_INVALID' });
});
