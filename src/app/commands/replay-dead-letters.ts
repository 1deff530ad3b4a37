// `millrace replay-dead-letters` (control path).
import { text } from '../cli/flags.ts';
import { configuredVerb, toggle, valued, type Verb } from '../cli/verb.ts';
import { CODES, letterChoice, SINCE } from './letter-options.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

export const replayDeadLetters: Verb = configuredVerb({
  name: 'replay-dead-letters',
  description: 'Put rejected events back into their topic, each at most once, transformed or unchanged',
  arguments: { topology: TOPOLOGY_FILE },
  options: {
    codes: CODES,
    sinceMs: SINCE,
    transformFile: valued(
      '--transform <file>',
      'module that exports default (letter) => Buffer to put back, or null to leave the event',
      text,
    ),
    dryRun: toggle('--dry-run', 'count the events without writing anything'),
  },
  notes: `The bytes go back to their original partition with their key and timestamp. An event that has become older than the
allowed lateness goes to the late topic. The same transaction marks each event in TOPOLOGY.replayed-letters, and later
replays skip it; events that were left can still be put back.`,
  examples: [
    'millrace replay-dead-letters topologies/flights.ts --dry-run',
    'millrace replay-dead-letters topologies/flights.ts --code CONTRACT_RANGE --transform fix.ts',
  ],
  async action({ topology, codes, sinceMs, transformFile = null, dryRun }, config) {
    const { replayDeadLetters } = await import('./replay-dead-letters/replay-dead-letters.ts');
    await replayDeadLetters(topology, config, {
      ...letterChoice(codes, sinceMs),
      transformFile,
      dryRun,
    });
  },
});
