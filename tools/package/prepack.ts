/**
 * `npm pack` and `npm publish` run this before (`prepack`) and after (`postpack`) they make the tarball: dist/ is built,
 * and package.json is for that long the published one. Control path.
 */
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.ts';
import { type Manifest, publishedManifest } from './manifest.ts';

const root = join(import.meta.dirname, '..', '..');
const file = join(root, 'package.json');
/** The one of the repository, meanwhile. */
const kept = join(root, 'node_modules', '.package.json.kept');

if (process.argv[2] === 'post') {
  renameSync(kept, file);
} else {
  // An earlier run that was killed left the published one in its place.
  if (existsSync(kept)) renameSync(kept, file);
  build();
  copyFileSync(file, kept);
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  writeFileSync(file, `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
}
