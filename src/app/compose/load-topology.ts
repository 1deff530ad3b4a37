// Loads a topology file (control path): a module whose default export is what defineTopology returned.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf, MillraceError } from '../../core/errors.ts';
import type { Topology } from '../../topology/define.ts';

/** @throws TOPOLOGY_INVALID where there is no such file, it cannot be loaded, or it exports none */
export async function loadTopology(from: string | URL): Promise<Topology> {
  const url = typeof from === 'string' ? pathToFileURL(resolve(from)) : from;
  const where = fileURLToPath(url);
  if (!existsSync(where)) {
    throw new MillraceError('TOPOLOGY_INVALID', 'there is no such file', {
      where,
      remedy: 'Name a topology file, topologies/flights.ts for one.',
    });
  }
  const topology = (await importFile(url, where)).default;
  if (!isTopology(topology)) {
    throw new MillraceError('TOPOLOGY_INVALID', 'the file has no topology as its default export', {
      where,
      remedy: 'End it with export default defineTopology({ ... }).',
    });
  }
  return topology;
}

async function importFile(url: URL, where: string): Promise<{ default?: unknown }> {
  try {
    return (await import(url.href)) as { default?: unknown }; // a module: what it exports is checked by the caller
  } catch (cause) {
    // defineTopology says best what it does not like.
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('TOPOLOGY_INVALID', `the file cannot be loaded: ${briefly(cause)}`, {
      where,
      cause,
    });
  }
}

/** The stack of a syntax error begins with the place and the line itself; of others the message says enough. */
function briefly(error: unknown): string {
  if (!(error instanceof SyntaxError)) return messageOf(error);
  const lines = (error.stack ?? error.message).split('\n');
  const end = lines.findIndex((line) => /^\s+at /.test(line));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .filter((line) => line.trim() !== '')
    .join('\n  ');
}

function isTopology(value: unknown): value is Topology {
  return typeof value === 'object' && value !== null && 'stages' in value && 'watermarks' in value;
}
