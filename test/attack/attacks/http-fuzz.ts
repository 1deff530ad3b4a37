// Random HTTP from strangers: whatever its form, nothing of the engine's may come back, and nothing may fail inside.
import type { Chance } from '../../gauntlet/random.ts';
import type { Attack } from '../attack.ts';
import type { Target } from '../target.ts';
import { fuzzedRequest } from './http-grammar.ts';
import { playAll, talk, type Ending } from './talk.ts';

const CONNECTIONS = 120;
const AT_ONCE = 12;
/** Requests of one connection, one behind the other. */
const PIPELINED_MAX = 4;

/** Whether a response has what only those with a role may read: metrics, models and features name the topology. */
export function hasProtected(text: string, topology: string): boolean {
  return text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .some((response) => /^HTTP\/1\.1 2\d\d /.test(response) && response.includes(topology));
}

/** What one connection sends. */
interface Plan {
  readonly bytes: string;
  readonly requests: number;
  /** Where the bytes are cut into two writes. */
  readonly split: number;
  readonly ending: Ending;
}

function planOf(chance: Chance, topology: string): Plan {
  const requests = Array.from({ length: 1 + chance.below(PIPELINED_MAX) }, () =>
    fuzzedRequest(chance, topology),
  );
  const bytes = requests.join('');
  const split = chance.once(3) ? chance.below(bytes.length + 1) : bytes.length;
  return { bytes, requests: requests.length, split, ending: chance.once(6) ? 'reset' : 'wait' };
}

async function tryConnection(target: Target, { bytes, requests, split, ending }: Plan): Promise<void> {
  const parts = [bytes.slice(0, split), bytes.slice(split)].map((part) => Buffer.from(part, 'latin1'));
  const text = await talk(target, parts, ending);
  target.tries('HTTP requests', requests);
  target.inspect('a response', text);
  if (hasProtected(text, target.name))
    target.found('unauthorized', `${JSON.stringify(bytes.slice(0, 120))}: ${text.slice(0, 120)}`);
  const failed = /HTTP\/1\.1 (5\d\d) /.exec(text)?.[1];
  // 505: the parsers refuse a version so. 503: /readyz of an engine that is busy with another attack.
  if (failed !== undefined && !(failed === '505' || failed === '503'))
    target.found('wrong', `${JSON.stringify(bytes.slice(0, 160))}: ${failed}`);
}

export const httpFuzz: Attack = {
  name: 'HTTP fuzzing',
  async play(target, chance) {
    // Made before they are sent, so that they follow from the seed whatever comes back when.
    const plans = Array.from({ length: CONNECTIONS }, () => planOf(chance, target.name));
    await playAll(plans, AT_ONCE, (plan) => tryConnection(target, plan));
  },
};
