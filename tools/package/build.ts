/**
 * `npm run build`: dist/ from src/. tsc writes the modules, their types and source maps; the dashboard's files are
 * copied beside them; a CycloneDX bill of materials lists what the package depends on. Control path.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { billOfMaterials } from './bill-of-materials.ts';

const root = join(import.meta.dirname, '..', '..');
const dist = join(root, 'dist');
const EXECUTABLE = 0o755;

/** Everything in src that is read at run time and that tsc does not write. */
const STATIC_FOLDERS = ['serving/dashboard'];

export function build(): void {
  rmSync(dist, { recursive: true, force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  for (const folder of STATIC_FOLDERS) {
    const isStatic = (path: string): boolean => !path.endsWith('.ts');
    cpSync(join(root, 'src', folder), join(dist, folder), { recursive: true, filter: isStatic });
  }
  chmodSync(join(dist, 'app', 'main.js'), EXECUTABLE);
  writeFileSync(join(dist, 'sbom.cdx.json'), billOfMaterials(root));
}

if (import.meta.main) build();
