// What a topology and its parts declare (control path): checked before anything starts.
import { settingsOf } from '../../core/declares.ts';
import { MillraceError } from '../../core/errors.ts';
import type { Environment, Setting } from '../../core/setting.ts';
import { declaringParts } from '../../topology/declared.ts';
import type { Topology } from '../../topology/define.ts';
import { routeProblems } from '../../serving/routes/route-problems.ts';
import { refuseAny } from '../cli/flags.ts';
import { valueOf } from './config.ts';

/** The settings of a topology, its stages and its other parts, each once. */
export function declaredSettings(topology: Topology): ReadonlyArray<Setting<unknown>> {
  return settingsOf(declaringParts(topology));
}

/** @throws MillraceError CONFIG_INVALID that lists the problem of every declared setting */
export function checkSettings(topology: Topology, environment: Environment = process.env): void {
  const problems: string[] = [];
  for (const setting of declaredSettings(topology)) valueOf(setting, environment, problems);
  refuseAny(problems, 'millrace settings TOPOLOGY lists every setting.');
}

/**
 * Checks what the parts of a topology declare, without the values of settings.
 * @throws MillraceError TOPOLOGY_INVALID for two settings of one name, or a route that is malformed or overlaps with another
 */
export function checkDeclarations(topology: Topology): void {
  const names = declaredSettings(topology).map(({ name }) => name);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  const problems = [
    ...[...twice].map((name) => `setting ${name}: declared twice`),
    ...routeProblems(topology.routes ?? []),
  ];
  if (problems.length > 0)
    throw new MillraceError('TOPOLOGY_INVALID', problems.join('; '), { where: `topology ${topology.name}` });
}
