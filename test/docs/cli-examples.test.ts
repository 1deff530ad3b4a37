// Every example of the command line parses: its verb, arguments and options exist. Other tests run the verbs.
import t from 'tap';
import { programOf } from '../../src/app/cli/command.ts';
import { verbs } from '../../src/app/cli/program.ts';
import type { Verb } from '../../src/app/cli/verb.ts';
import { codeBlocks, commandsOf } from './pages.ts';

/** The program, with actions that only record that they were called. */
function reached(verb: Verb, name: string, into: string[]): Verb {
  return {
    ...verb,
    verbs: verb.verbs.map((child) => reached(child, `${name} ${child.name}`, into)),
    run: () => Promise.resolve(void into.push(name)),
  };
}

const examples = codeBlocks('docs/reference/cli.md')
  .filter(({ language }) => language === 'sh')
  .flatMap(commandsOf);

for (const example of new Set(examples)) {
  t.test(example, async (t) => {
    const [, words = ''] = /(?:^|\s)millrace (.*?)(?: (?:&&|<) .*)?$/.exec(example) ?? [];
    t.not(words, '', 'it is a command of millrace');
    const calls: string[] = [];
    const program = programOf({
      name: 'millrace',
      description: '',
      verbs: verbs.map((verb) => reached(verb, verb.name, calls)),
      examples: [],
    });
    await program.parseAsync(words.split(/\s+/), { from: 'user' });
    t.equal(calls.length, 1);
    t.ok(words.startsWith(String(calls[0])), `${words} reaches ${calls[0]}`);
  });
}

t.ok(examples.length > 5, 'examples were found');
