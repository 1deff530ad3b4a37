/** The pages of the documentation and the code blocks in them. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root: string = join(import.meta.dirname, '..', '..');

export interface CodeBlock {
  /** Path of the page from the repository's root. */
  readonly page: string;
  /** Nearest heading above the block. */
  readonly heading: string;
  /** Line of the page on which the code starts, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

const PAGES = ['README.md', 'CONTRIBUTING.md', 'bench/README.md', 'docs/**/*.md'];

export function pages(): string[] {
  return globSync(PAGES, { cwd: root })
    .filter((page) => !page.includes('node_modules') && !page.includes('.vitepress'))
    .toSorted();
}

/** Code blocks of one page, in order. */
export function codeBlocks(page: string): CodeBlock[] {
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  const blocks: CodeBlock[] = [];
  let heading = '';
  let open: { line: number; language: string; fence: string } | null = null;
  for (const [index, line] of lines.entries()) {
    const fence = /^\s*(`{3,})\s*([\w-]*)/.exec(line);
    if (open === null) {
      const title = /^#{1,6} (.+)$/.exec(line);
      if (title !== null) heading = title[1] as string;
      if (fence !== null) open = { line: index + 2, language: fence[2] as string, fence: fence[1] as string };
    } else if (line.trim() === open.fence) {
      const code = lines.slice(open.line - 1, index).join('\n');
      blocks.push({ page, heading, line: open.line, language: open.language, code });
      open = null;
    }
  }
  if (open !== null) throw new Error(`${page}:${open.line}: the code block has no end`);
  return blocks;
}

export function allBlocks(): CodeBlock[] {
  return pages().flatMap(codeBlocks);
}

/** Commands of a shell block: comments dropped, continued lines joined. */
export function commandsOf({ code }: CodeBlock): string[] {
  return code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/\s+#\s.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * A shell block, for the test that runs its commands: the `nth`, from 1, under a heading of a page. Another test reads from
 * the sources which blocks are claimed, so the arguments must be literals.
 */
export function shellBlock(page: string, heading: string, nth = 1): CodeBlock {
  const found = codeBlocks(page).filter((block) => block.language === 'sh' && block.heading === heading);
  const block = found[nth - 1];
  if (block === undefined)
    throw new Error(`${page} has ${found.length} shell blocks under '${heading}', not ${nth}`);
  return block;
}
