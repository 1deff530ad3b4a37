// The descriptions of the demo's topology, as text and as a diagram.
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import {
  days,
  describeMermaid,
  describeText,
  type RetrainingSettings,
  type Topology,
} from '../../src/index.ts';
import flights from '../../topologies/flights.ts';
import { ordersTopology } from '../support/orders.ts';

/** The demo with fixed settings, so that tuning it does not change the snapshots. */
const pinned: Topology = {
  ...flights,
  drift: { intervals: 7, rowsMin: 500, falseDiscoveryRate: 0.01, psiFloor: 0.2 },
  retraining: {
    ...(flights.retraining as RetrainingSettings), // the demo retrains
    firstRows: 20_000,
    everyRows: 7_000,
    schedule: '0 3 * * 1',
    driftedFeatures: 12,
    onErrorDrift: true,
    cooldownMs: days(4),
    windowMs: days(365),
    rowsMax: 330_000,
    seed: 1,
  },
};

/** The content of a snapshot. Run with MILLRACE_WRITE_SNAPSHOTS=1 to update it, and review the difference. */
function expected(name: string, found: string): string {
  const file = new URL(`./snapshots/${name}`, import.meta.url);
  if (process.env['MILLRACE_WRITE_SNAPSHOTS'] === '1') writeFileSync(file, `${found}\n`);
  return readFileSync(file, 'utf8').trimEnd();
}

t.test('flights as text and as a diagram', async (t) => {
  const text = describeText(pinned);
  t.equal(text, expected('flights.txt', text));
  const diagram = describeMermaid(pinned);
  t.equal(diagram, expected('flights.mmd', diagram));
});

t.test('the description of an archived source', async (t) => {
  const archived = ordersTopology({ archive: true });
  t.match(describeText(archived), /source +orders, event time at, archived\n/);
  t.match(describeMermaid(archived), /source --> archive/);
  t.notMatch(describeText(ordersTopology()) + describeMermaid(ordersTopology()), /archive/);
});

t.test('every node of the diagram is declared once and linked', async (t) => {
  for (const topology of [flights, ordersTopology(), ordersTopology({ archive: true })]) {
    const diagram = describeMermaid(topology);
    const nodes = [...diagram.matchAll(/([a-z][\w-]*)(?:\[|\(\(|\{)/g)].map((match) => match[1] as string);
    t.equal(new Set(nodes).size, nodes.length);
    for (const { id } of topology.stages) t.ok(nodes.includes(id), id);
  }
});

t.test('the format and the sinks of a topology', async (t) => {
  const orders = ordersTopology();
  const open = (): Promise<never> => Promise.reject(new Error('not opened'));
  const topology: Topology = {
    ...orders,
    source: { ...orders.source, format: { name: 'csv', decoder: open } },
    sinks: [
      { name: 'audit', delivery: 'after-commit', open },
      { name: 'ticker', delivery: 'immediate', open },
    ],
  };
  const text = describeText(topology);
  t.match(text, /^ {2}source {6}orders, csv, event time at$/m);
  t.match(text, /^ {2}sink {8}audit, after each commit\n {2}sink {8}ticker, before the commit$/m);
  t.match(describeMermaid(topology), /^ {2}labels --> sink-audit\[\(audit\)\]$/m);
});
