// The argument of every verb that works on a topology (control path).
import { text } from '../cli/flags.ts';
import { type Option, valued } from '../cli/verb.ts';

export const TOPOLOGY_FILE: { readonly description: string } = {
  description: 'topology file, for example topologies/flights.ts',
};

/** The option of every verb that works on one target. */
export const TARGET: Option<string | undefined> = valued(
  '--target <id>',
  'target, by the id of its score stage, of a topology with several',
  text,
);
