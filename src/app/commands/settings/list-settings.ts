// Prints settings with the values in effect (control path).
import type { Environment, Setting } from '../../../core/setting.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import { readConfig, unknownVariables } from '../../settings/config.ts';
import { checkSettings, declaredSettings } from '../../settings/declared.ts';
import { settingGroups } from '../../settings/groups.ts';

const TEXT_WIDTH = 100;

/** `file`: a topology whose settings are listed as well. @throws CONFIG_INVALID if a value is invalid */
export async function listSettings(file: string | null, environment: Environment): Promise<void> {
  const print = (text: string): boolean => process.stdout.write(`${text}\n`);
  for (const { title, settings } of settingGroups) print(group(title, Object.values(settings), environment));
  const topology = file === null ? null : await loadTopology(file);
  const declared = topology === null ? [] : declaredSettings(topology);
  if (topology !== null && declared.length > 0)
    print(group(`Topology ${topology.name}`, declared, environment));
  for (const warning of unknownVariables(environment)) process.stderr.write(`millrace: ${warning}\n`);
  readConfig(environment);
  if (topology !== null) checkSettings(topology, environment);
}

function group(title: string, settings: ReadonlyArray<Setting<unknown>>, environment: Environment): string {
  return [title, ...settings.flatMap((setting) => lines(setting, environment)), ''].join('\n');
}

function lines(setting: Setting<unknown>, environment: Environment): string[] {
  const { name, accepts, description, fileVariable } = setting;
  const origin = fileVariable === null ? '' : ` Or the path of a file with it: ${fileVariable}.`;
  const text = `${sentence(accepts)}. ${description.replaceAll('`', '')}${origin}`;
  return [`  ${name}=${value(setting, environment)}`, ...wrapped(text)];
}

function value(setting: Setting<unknown>, environment: Environment): string {
  const { defaultText, isRequired, name, fileVariable } = setting;
  const given = environment[name] ?? '';
  if (given !== '') return setting.show(given);
  const path = fileVariable === null ? '' : (environment[fileVariable] ?? '');
  if (path !== '') return `(from ${path})`;
  if (defaultText !== null) return `${defaultText} (default)`;
  return isRequired ? '(required)' : '(not set)';
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function wrapped(text: string): string[] {
  const rows = [''];
  for (const word of text.split(' ')) {
    const row = rows.at(-1) ?? '';
    if (row !== '' && row.length + word.length >= TEXT_WIDTH) rows.push(word);
    else rows[rows.length - 1] = row === '' ? word : `${row} ${word}`;
  }
  return rows.map((row) => `      ${row}`);
}
