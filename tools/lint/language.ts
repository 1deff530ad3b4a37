/**
 * Finds turns of phrase that the project's documentation, comments, messages and names do not use, each with what to
 * write instead: `node tools/lint/language.ts [FILES]`. Control path.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitSource } from './split-source.ts';

interface Turn {
  readonly pattern: RegExp;
  readonly instead: string;
}

/** In comments, strings and Markdown. */
const phrases: readonly Turn[] = [
  { pattern: /\banew\b/i, instead: 'again, restarts, is recreated' },
  { pattern: /\b(is|are|was|were|be|been|gets?) told\b/i, instead: 'is logged, is reported, is notified' },
  { pattern: /\btells? (the|its|of|how|what|that|why|so)\b/i, instead: 'reports, says, logs' },
  { pattern: /\bmend(s|ed|ing)?\b/i, instead: 'remedy, fix, repair' },
  { pattern: /\b(whoever|nobody)\b/i, instead: 'the actor: operator, caller, engine, no process' },
  { pattern: /\bby hand\b/i, instead: 'manually, by an operator' },
  { pattern: /\bfor good\b/i, instead: 'forever, permanently' },
  { pattern: /\basked again\b/i, instead: 'retried' },
  { pattern: /\bwhere (it|there) (is|was) none\b/i, instead: 'if there is none' },
  { pattern: /\bgives? (where|back)\b/i, instead: 'returns' },
  { pattern: /\b(what is so|no more one|not any more one)\b/i, instead: 'the new behaviour; a former ...' },
  { pattern: /\bg[eo]ts? over\b/i, instead: 'recovers from' },
  { pattern: /\bin vain\b/i, instead: 'without result' },
  { pattern: /\bmade of it\b/i, instead: 'computed from it' },
  { pattern: /\bwhat (is|was) under way\b/i, instead: 'what is in progress, in flight' },
  { pattern: /\bbegins? (again )?with nothing\b/i, instead: 'starts empty' },
  { pattern: /\bhas its why\b|\bwith (its|the) why\b/i, instead: 'with its reason' },
];

/** In code: identifiers that say nothing. */
const names: readonly Turn[] = [
  // `for (const x of y)`, `Array.of`, `ByteColumn.of(...)`, rxjs's `of(...)` and methods of that name stay.
  {
    pattern: /(?<![\w.)\]}] ?)\bof\b(?=[.,:;)?[!])(?!: (\(|\w+[ ,}]))|\bof\.\w|[{,(] ?of\b(?= ?[,})])/,
    instead: 'a noun that says what it is',
  },
  { pattern: /\b(const|let) of\b/, instead: 'a noun that says what it is' },
  { pattern: /\b(held|told)\b/, instead: 'committedPosition, published, ...' },
  { pattern: /\b(const|let|readonly) [SG]\b(?! extends)/, instead: 'stateOffset, groupOffset' },
];

const root = join(import.meta.dirname, '..', '..');
const given = process.argv.slice(2);
const files =
  given.length > 0
    ? given
    : globSync(['{src,demo,topologies,bench,tools,test,packages}/**/*.ts', 'docs/**/*.md', '*.md'], {
        cwd: root,
      }).filter(
        (file) =>
          !/node_modules|\.vitepress\/(cache|dist)|test\/\.cache|^tools\/lint\/language\.ts$|CHANGELOG|LICENSE/.test(
            file,
          ),
      );

let found = 0;
for (const file of files.toSorted()) {
  const source = readFileSync(join(root, file), 'utf8');
  const { code, prose } = file.endsWith('.md') ? { code: '', prose: source } : splitSource(source);
  for (const [text, turns] of [
    [prose, phrases],
    [code, names],
  ] as const) {
    for (const [index, line] of text.split('\n').entries()) {
      if (line.startsWith('import ')) continue; // names of other packages
      const turn = turns.find(({ pattern }) => pattern.test(line));
      if (turn === undefined) continue;
      found += 1;
      process.stdout.write(
        `${file}:${index + 1}: ${line.trim().slice(0, 100)}\n    write instead: ${turn.instead}\n`,
      );
    }
  }
}
process.stdout.write(`${found} turns of phrase to replace\n`);
process.exitCode = found === 0 ? 0 : 1;
