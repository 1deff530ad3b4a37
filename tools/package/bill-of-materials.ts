/**
 * The software bill of materials that goes with the package: CycloneDX, from the lock file, without what is used in
 * development alone. Control path.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from './manifest.ts';

interface Bom {
  readonly metadata: { readonly component: Record<string, unknown>; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/**
 * JSON text. Two builds of one commit give the same bytes: the serial number and the time of day are left out, which
 * CycloneDX allows.
 */
export function billOfMaterials(root: string): string {
  const options = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  const output = execFileSync('npm', ['sbom', ...options, '--omit', 'dev'], { cwd: root, encoding: 'utf8' });
  const { serialNumber: _, metadata, ...bom } = JSON.parse(output) as Bom; // CycloneDX 1.5, as npm writes it
  const { timestamp: __, component, ...rest } = metadata;
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  // npm names the root component by its folder.
  const named = { ...bom, metadata: { ...rest, component: { ...component, name, version } } };
  return `${JSON.stringify(named, null, 2)}\n`;
}
