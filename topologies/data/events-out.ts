// Orders events that are made up, and prints them as lines of JSON (control path).
import { once } from 'node:events';
import { parseArgs } from 'node:util';

/** Whole numbers of the command line by name, with their defaults: `--days 30`. */
export function numbersFrom<K extends string>(defaults: Readonly<Record<K, number>>): Record<K, number> {
  const names = Object.keys(defaults) as K[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ options });
  const read = (name: K): number => {
    const given = values[name];
    if (typeof given !== 'string') return defaults[name];
    if (!/^\d{1,6}$/.test(given)) throw new Error(`--${name} must be a whole number, not ${given}`);
    return Number(given);
  };
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<K, number>;
}

/** Sorts them; those of one instant stay as they are. */
export function inOrderOfTime<E extends { readonly at: string }>(events: E[]): E[] {
  return events.sort((a, b) => (a.at === b.at ? 0 : a.at < b.at ? -1 : 1));
}

export async function printEvents(events: Iterable<object>): Promise<void> {
  for (const event of events)
    if (!process.stdout.write(`${JSON.stringify(event)}\n`)) await once(process.stdout, 'drain');
}
