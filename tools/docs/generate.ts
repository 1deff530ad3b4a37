/**
 * Writes the parts of the documentation that follow from declarations in the code: `node tools/docs/generate.ts`, or
 * `--check` to fail if a page is out of date. Control path.
 */
import { aggregatesReference } from './aggregates-reference.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { accessTables } from './access.ts';
import { cliReference } from './cli.ts';
import { metricsTables } from './metrics.ts';
import { restReference } from './rest.ts';
import {
  driftReference,
  errorsReference,
  expressionsReference,
  stagesReference,
  topicsReference,
  topologyReference,
} from './reference.ts';
import { settingsTables } from './settings.ts';

interface Part {
  readonly page: string;
  /** The page holds the part between `<!-- generated: NAME ... -->` and `<!-- /generated: NAME -->`. */
  readonly name: string;
  readonly text: () => string;
}

const parts: readonly Part[] = [
  { page: 'docs/operations.md', name: 'settings', text: settingsTables },
  { page: 'docs/metrics.md', name: 'metrics', text: metricsTables },
  { page: 'docs/reference/cli.md', name: 'cli', text: cliReference },
  { page: 'docs/guide/security.md', name: 'access', text: accessTables },
  { page: 'docs/reference/rest.md', name: 'rest', text: restReference },
  { page: 'docs/reference/stages.md', name: 'stages', text: stagesReference },
  { page: 'docs/reference/expressions.md', name: 'expressions', text: expressionsReference },
  { page: 'docs/reference/aggregates.md', name: 'aggregates', text: aggregatesReference },
  { page: 'docs/reference/topology.md', name: 'topology', text: topologyReference },
  { page: 'docs/reference/drift.md', name: 'drift', text: driftReference },
  { page: 'docs/reference/errors.md', name: 'errors', text: errorsReference },
  { page: 'docs/reference/topics.md', name: 'topics', text: topicsReference },
];

const root = join(import.meta.dirname, '..', '..');

function replace(page: string, { name, text }: Part): string {
  const part = new RegExp(`(<!-- generated: ${name}\\b.*?-->\n).*?(<!-- /generated: ${name} -->)`, 's');
  if (!part.test(page)) throw new Error(`no part is marked as generated: ${name}`);
  return page.replace(part, (_all, begin: string, end: string) => `${begin}\n${text()}\n\n${end}`);
}

/** Every page with generated parts: what it holds, and what it should hold. */
export async function generatedPages(): Promise<
  ReadonlyArray<{ readonly page: string; readonly found: string; readonly expected: string }>
> {
  const pages = [...new Set(parts.map(({ page }) => page))];
  return Promise.all(
    pages.map(async (page) => {
      const path = join(root, page);
      const found = readFileSync(path, 'utf8');
      const replaced = parts.filter((part) => part.page === page).reduce(replace, found);
      const expected = await format(replaced, { ...(await resolveConfig(path)), filepath: path });
      return { page, found, expected };
    }),
  );
}

if (import.meta.main) {
  const stale = (await generatedPages()).filter(({ found, expected }) => found !== expected);
  for (const { page, expected } of stale) {
    if (!process.argv.includes('--check')) writeFileSync(join(root, page), expected);
    else process.stderr.write(`${page} is out of date: run node tools/docs/generate.ts\n`);
  }
  if (process.argv.includes('--check') && stale.length > 0) process.exitCode = 1;
}
