// What a topology changes for producers and consumers, compared with an earlier form of it (control path).
import { readFile } from 'node:fs/promises';
import { messageOf, MillraceError } from '../../../core/errors.ts';
import type { Change } from '../../../topology/change.ts';
import { changesBetween } from '../../../topology/compatibility.ts';
import type { Topology } from '../../../topology/define.ts';
import { descriptionOf, parseDescription, type TopologyDescription } from '../../../topology/description.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import { decodedSchema } from '../../compose/source-schema.ts';
import type { Config } from '../../settings/config.ts';

/**
 * Lists the changes.
 * @param against a description, `.json`, or a topology file
 * @throws CHANGE_INCOMPATIBLE if one breaks producers or consumers, DATA_INVALID if `against` can't be read
 */
export async function compareWith(topology: Topology, against: string, config: Config): Promise<void> {
  const before = against.endsWith('.json')
    ? parseDescription(await textOf(against), against)
    : await described(await loadTopology(against), config);
  const changes = changesBetween(before, await described(topology, config));
  const count = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  process.stdout.write(
    `compared with ${against}: ${changes.length === 0 ? 'no change' : count} for others\n`,
  );
  for (const change of changes) process.stdout.write(`  ${lineOf(change)}\n`);
  const broken = [...new Set(changes.filter((change) => change.breaks).map(({ who }) => who))];
  if (broken.length === 0) return;
  throw new MillraceError('CHANGE_INCOMPATIBLE', `the change breaks ${broken.join(' and ')}`, {
    where: `topology ${topology.name}`,
    remedy:
      'Change the topology so that old events and readers still fit, or agree on the change with their owners.',
  });
}

function lineOf({ who, breaks, what }: Change): string {
  return `${breaks ? 'breaks' : 'fits  '}  ${who}  ${what}`;
}

async function described(topology: Topology, config: Config): Promise<TopologyDescription> {
  return descriptionOf(topology, await decodedSchema(topology, config));
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new MillraceError('DATA_INVALID', `the description cannot be read: ${messageOf(error)}`, {
      where: file,
      remedy: 'Name a file that millrace describe TOPOLOGY --json printed.',
    });
  }
}
