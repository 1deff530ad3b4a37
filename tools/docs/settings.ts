/** The tables of settings in docs/operations.md, from the declared settings. Control path. */
import { settingGroups } from '../../src/app/settings/groups.ts';
import { code, table } from './markdown.ts';

/** One table per group, in the order of their declaration. */
export function settingsTables(): string {
  const sections = settingGroups.map(({ title, settings }) => {
    const rows = Object.values(settings).map(({ name, accepts, defaultText, description, fileVariable }) => [
      fileVariable === null ? code(name) : `${code(name)} or ${code(fileVariable)}`,
      accepts,
      defaultText === null ? 'none' : code(defaultText),
      description,
    ]);
    return `### ${title}\n\n${table(['setting', 'accepts', 'default', 'meaning'], rows)}`;
  });
  return sections.join('\n\n');
}
