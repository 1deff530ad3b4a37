// Options and arguments of several verbs of `millrace models` (control path).
import { seconds } from '../cli/flags.ts';
import { type Option, toggle, valued } from '../cli/verb.ts';

export const VERSION = { description: 'version of the model, for example v2' } as const;
export const WAIT: Option<number | undefined> = valued(
  '--wait <seconds>',
  'how long to wait until every partition has taken the model; 0 does not wait (default: MILLRACE_PROMOTION_WAIT_MS)',
  seconds,
);
export const JSON_OUTPUT: Option<boolean> = toggle('--json', 'print JSON');
