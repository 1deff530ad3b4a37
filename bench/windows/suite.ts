// What each kind of window costs (control path): an event of any key and of a hot one, a read, and the bytes of a key.
import { figureOf } from '../aggregates/suite.ts';
import { shown, table } from '../figures.ts';
import type { SuiteResult } from '../suite.ts';
import { windowCases } from './cases.ts';

const EVENTS_PER_HOUR = 12;

export async function windowCosts(): Promise<SuiteResult> {
  const figures: Array<Record<string, unknown>> = [];
  const rows: string[][] = [];
  for (const [name, { hours }] of Object.entries(windowCases)) {
    const figure = await figureOf({ name, eventsPerHour: EVENTS_PER_HOUR, hours });
    figures.push({ name, ...figure });
    const { updateNs, hotUpdateNs, readNs, storedBytes, memoryBytes } = figure;
    rows.push([name, ...[updateNs, hotUpdateNs, readNs, storedBytes, memoryBytes].map(shown)]);
  }
  const head = [
    'window of a mean',
    'update, ns',
    'half on one key, ns',
    'read, ns',
    'stored, bytes',
    'in memory, bytes',
  ];
  return { figures, text: table(head, rows) };
}
