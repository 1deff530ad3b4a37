/**
 * Fills packages/create-millrace before it is packed: the folder src/app/init, compiled, and the templates that it reads,
 * at the paths that they have in millrace. Control path.
 */
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.ts';

const root = join(import.meta.dirname, '..', '..');
const EXECUTABLE = 0o755;

export function fillCreateMillrace(): void {
  const target = join(root, 'packages', 'create-millrace');
  for (const folder of ['dist', 'templates']) rmSync(join(target, folder), { recursive: true, force: true });
  const init = join('app', 'init');
  const isCode = (path: string): boolean => !/\.(d\.ts|map)$/.test(path);
  cpSync(join(root, 'dist', init), join(target, 'dist', init), { recursive: true, filter: isCode });
  cpSync(join(root, 'templates', 'payments'), join(target, 'templates', 'payments'), { recursive: true });
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  chmodSync(join(target, 'dist', init, 'create.js'), EXECUTABLE);
}

if (import.meta.main) {
  build();
  fillCreateMillrace();
}
