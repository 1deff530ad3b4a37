// docs/metrics.md's table (control path). `node src/adapters/metrics/markdown.ts` writes it anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { metrics, NAMESPACE } from './metric-names.ts';

const types = { counter: 'counter', gauge: 'gauge', duration: 'histogram' } as const;

function unitOf(name: string): string {
  const bare = name.replace(/_total$/, '');
  return bare.endsWith('_seconds') ? 'seconds' : bare.endsWith('_ratio') ? 'ratio' : 'count';
}

/** One row a metric, in the order of the table in metric-names.ts. */
export function metricsMarkdown(): string {
  const rows = Object.entries(metrics).map(([name, { kind, labels, meaning, unit }]) => {
    const shown = labels.length === 0 ? '' : labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${NAMESPACE}${name}\` | ${types[kind]} | ${unit ?? unitOf(name)} | ${shown} | ${meaning} |`;
  });
  return ['| metric | type | unit | labels | meaning |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

if (import.meta.main) {
  const file = new URL('../../../docs/metrics.md', import.meta.url);
  const table = /(<!-- metrics:.*?-->\n).*?(<!-- \/metrics -->)/s;
  const docs = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    docs.replace(table, (_all, begin: string, end: string) => `${begin}\n${metricsMarkdown()}\n\n${end}`),
  );
}
