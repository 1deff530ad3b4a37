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
  process.stdout.write(`compared with ${against}: ${countOf(changes, before)} for others\n`);
  if (before.stages === undefined)
    process.stdout.write(
      '  the stages cannot be compared: the description is of a version of Millrace that left them out\n',
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

/** A description without stages says nothing of most changes. */
function countOf({ length }: readonly Change[], before: TopologyDescription): string {
  if (length === 0) return before.stages === undefined ? 'besides the stages no change' : 'no change';
  return length === 1 ? '1 change' : `${length} changes`;
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
