import { readFile } from 'node:fs/promises';
import t from 'tap';
import { metricsMarkdown } from '../../../src/adapters/metrics/markdown.ts';

/** The cells of a Markdown table, however a formatter has padded them. */
function cells(table: string): string[][] {
  const rows = table.split('\n').filter((line) => line.startsWith('|') && !/^\|[\s|-]+$/.test(line));
  return rows.map((line) => line.split('|').map((cell) => cell.trim()));
}

const docs = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
const table = /<!-- metrics:.*?-->(.*?)<!-- \/metrics -->/s.exec(docs)?.[1] ?? '';
t.same(cells(table), cells(metricsMarkdown()), 'docs/metrics.md and metric-names.ts name the same metrics');
