// `millrace dead-letters` and its verbs (control path).
import { count as countOf } from '../cli/flags.ts';
import { configuredVerb, defaulted, toggle, verbGroup, type Verb } from '../cli/verb.ts';
import { CODES, letterChoice, SINCE } from './letter-options.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

const LIMIT = defaulted('--limit <count>', 'the newest letters, at most so many', countOf, '20');
const JSON_OUTPUT = toggle('--json', 'print JSON');

const list = configuredVerb({
  name: 'list',
  description: 'List the newest dead letters, one per line: position, code, time, message, event',
  arguments: { topology: TOPOLOGY_FILE },
  options: { codes: CODES, sinceMs: SINCE, limit: LIMIT, json: JSON_OUTPUT },
  examples: ['millrace dead-letters list topologies/flights.ts --code CONTRACT_RANGE --limit 5'],
  async action({ topology, limit, json, codes, sinceMs }, config) {
    const { listLetters } = await import('./dead-letters/show-letters.ts');
    await listLetters(topology, config, { ...letterChoice(codes, sinceMs), limit, asJson: json });
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
  async action({ topology, position, limit, json, codes, sinceMs }, config) {
    const { showLetters } = await import('./dead-letters/show-letters.ts');
    await showLetters(topology, config, { ...letterChoice(codes, sinceMs), limit, asJson: json, position });
  },
});

const count = configuredVerb({
  name: 'count',
  description: 'Count the dead letters by code',
  arguments: { topology: TOPOLOGY_FILE },
  options: { codes: CODES, sinceMs: SINCE, json: JSON_OUTPUT },
  examples: ['millrace dead-letters count topologies/flights.ts --since 2026-11-29'],
  async action({ topology, json, codes, sinceMs }, config) {
    const { countLetters } = await import('./dead-letters/show-letters.ts');
    await countLetters(topology, config, { ...letterChoice(codes, sinceMs), asJson: json });
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
