/** The size of an installation on the disk, package by package. Control path. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const BYTES_PER_MB = 1_000_000;
/** The unit of `stat`, whatever the file system's is. */
const BYTES_PER_BLOCK = 512;

function bytesOf(path: string): number {
  const stats = lstatSync(path);
  const own = stats.blocks * BYTES_PER_BLOCK;
  if (!stats.isDirectory()) return own;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), own);
}

/** Megabytes by package, the largest first; nested packages count for the one that they are nested in. */
export function packageSizes(nodeModules: string): ReadonlyMap<string, number> {
  const folders = existsSync(nodeModules)
    ? readdirSync(nodeModules).filter((name) => !name.startsWith('.'))
    : [];
  const names = folders.flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(nodeModules, name)).map((inner) => `${name}/${inner}`) : [name],
  );
  const sizes = names.map((name) => [name, bytesOf(join(nodeModules, name)) / BYTES_PER_MB] as const);
  return new Map(sizes.sort(([, a], [, b]) => b - a));
}

/** The packages of a megabyte or more, and the sum of the others. */
export function sizeTable(sizes: ReadonlyMap<string, number>): string {
  const large = [...sizes].filter(([, size]) => size >= 1);
  const others = [...sizes].filter(([, size]) => size < 1);
  const rest = others.reduce((sum, [, size]) => sum + size, 0);
  const rows = [...large, [`${others.length} others`, rest] as const];
  return rows.map(([name, size]) => `  ${size.toFixed(1).padStart(7)} MB  ${name}`).join('\n');
}
