// Loads a topology file (control path): a module whose default export is what defineTopology returned.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MillraceError } from '../../core/errors.ts';
import type { Topology } from '../../topology/define.ts';
import { loadError } from './load-error.ts';

/** @throws TOPOLOGY_INVALID, with the place in the file, if there is no such file, it cannot be loaded, or it exports none */
export async function loadTopology(from: string | URL): Promise<Topology> {
  const topology = await findTopology(from);
  if (topology !== null) return topology;
  throw new MillraceError('TOPOLOGY_INVALID', 'the file has no topology as its default export', {
    where: fileURLToPath(urlOf(from)),
    remedy: 'End it with export default defineTopology(source, { ... }).',
  });
}

/**
 * Null for a module that is about something else, such as one with a source that topologies share.
 * @throws TOPOLOGY_INVALID if there is no such file, or it cannot be loaded
 */
export async function findTopology(from: string | URL): Promise<Topology | null> {
  const url = urlOf(from);
  const where = fileURLToPath(url);
  if (!existsSync(where)) {
    throw new MillraceError('TOPOLOGY_INVALID', 'there is no such file', {
      where,
      remedy: 'Name a topology file, topologies/flights.ts for one.',
    });
  }
  const topology = (await importFile(url)).default;
  if (topology instanceof Promise) {
    topology.catch(() => undefined); // it is not what the file should export, whatever it becomes
    throw new MillraceError('TOPOLOGY_INVALID', 'the default export is a promise', {
      where,
      remedy: 'Await it: export default await ...',
    });
  }
  return isTopology(topology) ? topology : null;
}

function urlOf(from: string | URL): URL {
  return typeof from === 'string' ? pathToFileURL(resolve(from)) : from;
}

async function importFile(url: URL): Promise<{ default?: unknown }> {
  try {
    return (await import(url.href)) as { default?: unknown }; // a module: what it exports is checked by the caller
  } catch (cause) {
    throw loadError(cause, fileURLToPath(url));
  }
}

function isTopology(value: unknown): value is Topology {
  return typeof value === 'object' && value !== null && 'stages' in value && 'watermarks' in value;
}
