/** Which services the selected test files need, determined from their source: which functions of support/services.ts they call. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SERVICE_NAMES, type ServiceName } from '../../tools/services/start.ts';

export interface Needs {
  files: string[];
  services: ServiceName[];
  chromium: boolean;
}

const CALLS: Readonly<Record<ServiceName, string>> = {
  kafka: 'kafkaBrokers(',
  redis: 'redisUrl(',
  clickhouse: 'clickhouseUrl(',
  registry: 'schemaRegistryUrl(',
};

const testDir = resolve(import.meta.dirname, '..');

/** Test files in the given files and folders (all of them if none is given). */
function findTests(paths: readonly string[]): string[] {
  const roots = paths.length === 0 ? [testDir] : paths;
  return roots.flatMap((path) => {
    if (!existsSync(path)) throw new Error(`no such test file or folder: ${path}`);
    return statSync(path).isDirectory()
      ? globSync('**/*.test.ts', { cwd: path }).map((file) => join(path, file))
      : [path];
  });
}

/** The sources of a test and of the helpers in the test folder that it imports, each once. */
function readWithHelpers(file: string, seen: Map<string, string>): void {
  const path = resolve(file);
  if (seen.has(path) || !existsSync(path)) return;
  const source = readFileSync(path, 'utf8');
  seen.set(path, source);
  for (const [, name = ''] of source.matchAll(/from '(\.{1,2}\/[^']+\.ts)'/g)) {
    const imported = join(dirname(path), name);
    if (imported.startsWith(testDir) && !imported.startsWith(import.meta.dirname))
      readWithHelpers(imported, seen);
  }
}

export function findNeeds(paths: readonly string[]): Needs {
  const files = findTests(paths);
  const sources = new Map<string, string>();
  for (const file of files) readWithHelpers(file, sources);
  const mentions = (call: string): boolean => [...sources.values()].some((source) => source.includes(call));
  return {
    files,
    services: SERVICE_NAMES.filter((name) => mentions(CALLS[name])),
    chromium: mentions('chromiumPath('),
  };
}
