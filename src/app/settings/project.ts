// Settings whose defaults lie in the project of a topology (control path).
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from './config.ts';

/** The nearest folder above a file that has a package.json; null if there is none. */
function projectFolder(file: string): string | null {
  let folder = dirname(resolve(file));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) return null;
    folder = above;
  }
  return folder;
}

/** The configuration for a topology file: schemas are beside it in its project, wherever the command was started. */
export function inProject(config: Config, topologyFile: string): Config {
  const project = projectFolder(topologyFile);
  if (config.schemaFolder !== null || project === null) return config;
  return { ...config, schemaFolder: join(project, 'schemas') };
}
