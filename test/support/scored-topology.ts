// A topology as a user writes one, in a folder of its own: events with an id, a card and an amount, scored by a fallback.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { uniqueName } from './services.ts';

export interface ScoredTopology {
  /** Of the topology, and of its source topic. */
  readonly name: string;
  readonly file: string;
  readonly folder: string;
  /** Events in the order of their ids, as a file for `millrace produce`. */
  eventsFile(from: number, to: number): string;
  /** Writes the file again with other options of the source, such as `partitions: 4`. */
  rewrite(sourceOptions: string): void;
  remove(): void;
}

const START_MS = Date.UTC(2024, 0, 1);

/** @param sourceOptions more properties of the source, in TypeScript */
export function scoredTopology(prefix: string, sourceOptions = ''): ScoredTopology {
  const name = uniqueName(prefix).replaceAll('_', '-');
  const folder = mkdtempSync(join(tmpdir(), `millrace-${prefix}-`));
  const file = join(folder, 'topology.ts');
  const rewrite = (options: string): void => {
    writeFileSync(file, textOf(name, options));
  };
  rewrite(sourceOptions);
  return {
    name,
    file,
    folder,
    rewrite,
    eventsFile(from, to): string {
      const path = join(folder, `events-${from}.jsonl`);
      const lines = Array.from({ length: to - from }, (_, i) => JSON.stringify(eventOf(from + i)));
      writeFileSync(path, `${lines.join('\n')}\n`);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface ScoredEvent {
  readonly id: string;
  readonly card: string;
  readonly amount: number;
  readonly at: number;
}

/** Event number i, a second after the one before. */
export function eventOf(i: number): ScoredEvent {
  return { id: `e-${i}`, card: `c-${i % 17}`, amount: i % 100, at: START_MS + i * 1_000 };
}

function textOf(name: string, sourceOptions: string): string {
  const index = resolve(import.meta.dirname, '../../src/index.ts');
  return `import { count, defineTopology, double, features, hours, json, numeric, score, sliding, source, string, timestamp, view } from '${index}';

const events = source('${name}', {
  schema: { id: string, card: string, amount: double, at: timestamp },
  eventTime: 'at',
  ${sourceOptions}
});

export default defineTopology(events, {
  name: '${name}',
  stages: [
    features({
      fields: { amount: numeric('amount') },
      views: { card: view(['card'], { events_1h: count({ over: sliding(hours(1)) }) }) },
    }),
    score({ key: 'id', fallback: 0.25 }),
  ],
});
`;
}
