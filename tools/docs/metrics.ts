/** The tables of docs/metrics.md, from the declared metrics. Control path. */
import { metricGroups, NAMESPACE } from '../../src/adapters/metrics/metric-names.ts';
import { conditions } from '../../src/core/conditions.ts';
import { code, table } from './markdown.ts';

const types = { counter: 'counter', gauge: 'gauge', duration: 'histogram' } as const;

function unitOf(name: string): string {
  const bare = name.replace(/_total$/, '');
  return bare.endsWith('_seconds') ? 'seconds' : bare.endsWith('_ratio') ? 'ratio' : 'count';
}

function conditionsTable(): string {
  const rows = Object.entries(conditions).map(([name, meaning]) => [code(name), meaning]);
  return table(['condition', 'meaning'], rows);
}

/** One table per group, in the order of their declaration. */
export function metricsTables(): string {
  const sections = metricGroups.map(({ title, metrics }) => {
    const rows = Object.entries(metrics).map(([name, { kind, labels, meaning, unit }]) => [
      code(NAMESPACE + name),
      types[kind],
      unit ?? unitOf(name),
      labels.map(code).join(', '),
      meaning,
    ]);
    const own = table(['metric', 'type', 'unit', 'labels', 'meaning'], rows);
    return `## ${title}\n\n${own}${title === 'Conditions' ? `\n\n${conditionsTable()}` : ''}`;
  });
  return sections.join('\n\n');
}
