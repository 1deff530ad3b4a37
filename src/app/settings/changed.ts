// The settings that are not default (control path): what the audit log has of a start.
import type { Environment } from '../../core/setting.ts';
import type { Topology } from '../../topology/define.ts';
import { declaredSettings } from './declared.ts';
import { settingGroups } from './groups.ts';

/** By name, as they may be shown: without secrets. */
export function changedSettings(topology: Topology, environment: Environment): Record<string, string> {
  const ours = settingGroups.flatMap(({ settings }) => Object.values(settings));
  const changed: Record<string, string> = {};
  for (const setting of [...ours, ...declaredSettings(topology)]) {
    const { name, defaultText } = setting;
    const given = setting.text(environment) ?? '';
    if (given !== '' && given !== defaultText) changed[name] = setting.show(given);
  }
  return changed;
}
