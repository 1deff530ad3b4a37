// What each aggregate costs (control path): an event, a read, and the bytes of a key.
import { Child } from '../child.ts';
import { shown, table } from '../figures.ts';
import type { SuiteResult } from '../suite.ts';
import { aggregates } from './cases.ts';
import type { AggregateFigure, AggregateRequest } from './process.ts';

const EVENTS_PER_HOUR = [12, 1_200];

/** In a process of its own. */
export async function figureOf(request: AggregateRequest): Promise<AggregateFigure> {
  const child = new Child<AggregateFigure>(new URL('./process.ts', import.meta.url), request);
  const figure = await child.next('figure');
  await child.gone;
  return figure;
}

export async function aggregateCosts(): Promise<SuiteResult> {
  const figures: Array<Record<string, unknown>> = [];
  const rows: string[][] = [];
  for (const name of Object.keys(aggregates)) {
    for (const eventsPerHour of EVENTS_PER_HOUR) {
      const figure = await figureOf({ name, eventsPerHour });
      figures.push({ name, eventsPerHour, ...figure });
      const { updateNs, readNs, storedBytes, memoryBytes } = figure;
      rows.push([name, `${eventsPerHour}`, ...[updateNs, readNs, storedBytes, memoryBytes].map(shown)]);
    }
  }
  const head = [
    'aggregate',
    'events in an hour',
    'update, ns',
    'read, ns',
    'stored, bytes',
    'in memory, bytes',
  ];
  return { figures, text: table(head, rows) };
}
