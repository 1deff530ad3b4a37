// The command line of the package (control path): a new verb is one file in commands/ and one name in this list.
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { audit } from '../commands/audit.ts';
import { backfill } from '../commands/backfill.ts';
import { check } from '../commands/check.ts';
import { deadLetters } from '../commands/dead-letters.ts';
import { describe } from '../commands/describe.ts';
import { erase } from '../commands/erase.ts';
import { features } from '../commands/features.ts';
import { init } from '../commands/init.ts';
import { keys } from '../commands/keys.ts';
import { load } from '../commands/load.ts';
import { models } from '../commands/models.ts';
import { produce } from '../commands/produce.ts';
import { replayDeadLetters } from '../commands/replay-dead-letters.ts';
import { run } from '../commands/run.ts';
import { schema } from '../commands/schema.ts';
import { settings } from '../commands/settings.ts';
import { start } from '../commands/start.ts';
import { types } from '../commands/types.ts';
import { programOf } from './command.ts';
import type { Verb } from './verb.ts';

/** In the order of the help. */
export const verbs: readonly Verb[] = [
  init,
  start,
  produce,
  load,
  run,
  backfill,
  check,
  describe,
  types,
  schema,
  settings,
  features,
  models,
  keys,
  deadLetters,
  replayDeadLetters,
  erase,
  audit,
];

function packageVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }; // our own file
  return version;
}

export function program(): Command {
  return programOf({
    name: 'millrace',
    description: 'Stream processing that keeps machine-learning models alive.',
    version: packageVersion(),
    verbs,
    examples: [
      'millrace run topologies/flights.ts',
      'millrace models list topologies/flights.ts',
      'millrace describe topologies/flights.ts --mermaid',
    ],
    notes: 'Settings are environment variables, MILLRACE_*: millrace settings lists them.',
  });
}
