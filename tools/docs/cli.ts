/** docs/reference/cli.md, from the declared verbs. Control path. */
import { verbs } from '../../src/app/cli/program.ts';
import { argumentForm, type Verb } from '../../src/app/cli/verb.ts';
import { code, table } from './markdown.ts';

function usage(words: string, verb: Verb): string {
  const args = Object.entries(verb.arguments).map(([name, argument]) => argumentForm(name, argument));
  const options = Object.keys(verb.options).length === 0 ? [] : ['[options]'];
  return [words, ...options, ...args].join(' ');
}

function section(parents: readonly string[], verb: Verb): string[] {
  const words = ['millrace', ...parents, verb.name].join(' ');
  const parts = [`${'#'.repeat(parents.length + 2)} ${words}`, `${verb.description}.`];
  if (verb.verbs.length === 0) parts.push(`\`\`\`text\n${usage(words, verb)}\n\`\`\``);
  const rows = [
    ...Object.entries(verb.arguments).map(([name, { description }]) => [code(name), '', description]),
    ...Object.values(verb.options).map(({ flag, default: absent, description }) => [
      code(flag),
      absent === undefined ? '' : code(absent),
      description,
    ]),
  ];
  if (rows.length > 0) parts.push(table(['argument or option', 'default', 'meaning'], rows));
  if (verb.notes !== undefined) parts.push(verb.notes);
  parts.push(`\`\`\`sh\n${verb.examples.join('\n')}\n\`\`\``);
  return [...parts, ...verb.verbs.flatMap((child) => section([...parents, verb.name], child))];
}

/** One section per verb, in the order of the help. */
export function cliReference(): string {
  return verbs.flatMap((verb) => section([], verb)).join('\n\n');
}
