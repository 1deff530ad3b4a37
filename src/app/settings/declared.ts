// Settings that a topology declares (control path): checked before anything starts.
import { settingsOf } from '../../core/declares.ts';
import type { Environment, Setting } from '../../core/setting.ts';
import { declaringParts } from '../../topology/declared.ts';
import type { Topology } from '../../topology/define.ts';
import { refuseAny } from '../cli/flags.ts';
import { valueOf } from './config.ts';

/** The settings of a topology, its stages and its other parts, each once. */
export function declaredSettings(topology: Topology): ReadonlyArray<Setting<unknown>> {
  return settingsOf(declaringParts(topology));
}

/** @throws MillraceError CONFIG_INVALID that lists the problem of every declared setting */
export function checkSettings(topology: Topology, environment: Environment = process.env): void {
  const problems: string[] = [];
  const names = new Set<string>();
  for (const setting of declaredSettings(topology)) {
    if (names.has(setting.name)) problems.push(`${setting.name}: declared twice`);
    names.add(setting.name);
    valueOf(setting, environment, problems);
  }
  refuseAny(problems, 'millrace settings TOPOLOGY lists every setting.');
}
