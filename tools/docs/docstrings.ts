/** Reads documented functions and interfaces of a source file, for the generated reference. Control path. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface DocumentedFunction {
  readonly name: string;
  /** The docstring without its tags, as paragraphs. */
  readonly text: string;
  /** `@example`, `@throws`, `@param name`: tag to its texts. */
  readonly tags: ReadonlyMap<string, readonly string[]>;
}

export interface Member {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
  readonly text: string;
}

interface Docstring {
  readonly text: string;
  readonly tags: ReadonlyMap<string, readonly string[]>;
}

function parseDocstring(comment: string): Docstring {
  const lines = comment
    .replace(/^\s*\/\*\*/, '')
    .replace(/\*\/\s*$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
  const text: string[] = [];
  const tagged: Array<{ readonly name: string; readonly lines: string[] }> = [];
  for (const line of lines) {
    const tag = /^\s*@(\w+) ?(.*)$/.exec(line);
    if (tag !== null) tagged.push({ name: tag[1] as string, lines: [tag[2] as string] });
    else (tagged.at(-1)?.lines ?? text).push(line);
  }
  const byName = Map.groupBy(tagged, ({ name }) => name);
  const tags = new Map(
    [...byName].map(([name, list]) => [name, list.map((tag) => tag.lines.join('\n').trim())]),
  );
  return { text: text.join('\n').trim(), tags };
}

const DOCSTRING = String.raw`(\/\*\*(?:[^*]|\*(?!\/))*\*\/)`;

/** Exported functions with a docstring, in the order of the file; overloads count once. */
export function documentedFunctions(file: string): DocumentedFunction[] {
  const source = readFileSync(join(root, file), 'utf8');
  const pattern = new RegExp(String.raw`${DOCSTRING}\nexport (?:async )?(?:function|const) (\w+)`, 'g');
  const functions = new Map<string, DocumentedFunction>();
  for (const [, comment = '', name = ''] of source.matchAll(pattern)) {
    if (!functions.has(name)) functions.set(name, { name, ...parseDocstring(comment) });
  }
  return [...functions.values()];
}

/** The function of that name. @throws Error if the file does not document it */
export function documentedFunction(file: string, name: string): DocumentedFunction {
  const found = documentedFunctions(file).find((one) => one.name === name);
  if (found === undefined) throw new Error(`${file} exports no documented function ${name}`);
  return found;
}

/** End of the block whose opening brace is at `open`. */
function blockEnd(source: string, open: number): number {
  let depth = 0;
  for (let at = open; at < source.length; at++) {
    if (source[at] === '{') depth += 1;
    else if (source[at] === '}' && --depth === 0) return at;
  }
  throw new Error('a block has no end');
}

/** Members of an exported interface, in order. @throws Error if there is no such interface */
export function interfaceMembers(file: string, name: string): Member[] {
  const source = readFileSync(join(root, file), 'utf8');
  const head = new RegExp(String.raw`export interface ${name}\b`).exec(source);
  if (head === null) throw new Error(`${file} exports no interface ${name}`);
  // Type parameters may have braces of their own: the body opens on a line that ends with its brace.
  const open = source.indexOf('{\n', head.index);
  const body = source.slice(open + 1, blockEnd(source, open));
  const pattern = new RegExp(String.raw`(?:${DOCSTRING}\s*)?readonly (\w+)(\??): ([^;]+);`, 'g');
  return [...body.matchAll(pattern)].map(([, comment = '', member = '', optional = '', type = '']) => ({
    name: member,
    optional: optional === '?',
    type: type.replaceAll(/\s+/g, ' '),
    text: parseDocstring(comment).text.replaceAll('\n', ' '),
  }));
}
