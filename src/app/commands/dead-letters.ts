// `millrace dead-letters` and its verbs (control path).
import { count as countOf, errorCode, instant } from '../cli/flags.ts';
import { configuredVerb, defaulted, several, toggle, valued, verbGroup, type Verb } from '../cli/verb.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

const CODES = several('--code <code...>', 'only events with these error codes', errorCode);
const SINCE = valued('--since <instant>', 'only events rejected at or after this time', instant);
const LIMIT = defaulted('--limit <count>', 'the newest letters, at most so many', countOf, '20');
const JSON_OUTPUT = toggle('--json', 'print JSON');

interface GivenChoice {
  readonly codes: readonly string[] | undefined;
  readonly sinceMs: number | undefined;
}

function choiceOf({ codes, sinceMs }: GivenChoice): {
  readonly codes: ReadonlySet<string> | null;
  readonly sinceMs: number;
} {
  return { codes: codes === undefined ? null : new Set(codes), sinceMs: sinceMs ?? Number.NEGATIVE_INFINITY };
}

const list = configuredVerb({
  name: 'list',
  description: 'List the newest dead letters, one per line: position, code, time, message, event',
  arguments: { topology: TOPOLOGY_FILE },
  options: { codes: CODES, sinceMs: SINCE, limit: LIMIT, json: JSON_OUTPUT },
  examples: ['millrace dead-letters list topologies/flights.ts --code CONTRACT_RANGE --limit 5'],
  async action({ topology, limit, json, ...choice }, config) {
    const { listLetters } = await import('./dead-letters/show-letters.ts');
    await listLetters(topology, config, { ...choiceOf(choice), limit, asJson: json });
  },
});

const show = configuredVerb({
  name: 'show',
  description: 'Show the newest dead letters in full, or the one of an event',
  arguments: {
    topology: TOPOLOGY_FILE,
    position: { description: 'topic-partition-offset of the event', optional: true },
  },
  options: {
    codes: CODES,
    sinceMs: SINCE,
    limit: defaulted('--limit <count>', 'the newest letters, at most so many', countOf, '1'),
    json: JSON_OUTPUT,
  },
  examples: ['millrace dead-letters show topologies/flights.ts flights-0-1203'],
  async action({ topology, position, limit, json, ...choice }, config) {
    const { showLetters } = await import('./dead-letters/show-letters.ts');
    await showLetters(topology, config, { ...choiceOf(choice), limit, asJson: json, position });
  },
});

const count = configuredVerb({
  name: 'count',
  description: 'Count the dead letters by code',
  arguments: { topology: TOPOLOGY_FILE },
  options: { codes: CODES, sinceMs: SINCE, json: JSON_OUTPUT },
  examples: ['millrace dead-letters count topologies/flights.ts --since 2026-11-29'],
  async action({ topology, json, ...choice }, config) {
    const { countLetters } = await import('./dead-letters/show-letters.ts');
    await countLetters(topology, config, { ...choiceOf(choice), asJson: json });
  },
});

export const deadLetters: Verb = verbGroup({
  name: 'dead-letters',
  description: 'List, show and count the events that were set aside',
  notes: `An event is shown as the source's format decodes it, else as the first of its bytes in hexadecimal digits.
millrace replay-dead-letters puts events back.`,
  examples: [
    'millrace dead-letters count topologies/flights.ts',
    'millrace dead-letters list topologies/flights.ts --limit 5',
  ],
  verbs: [list, show, count],
});
