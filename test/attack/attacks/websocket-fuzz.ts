// Random WebSocket clients without a credential: no prediction may come to them, and whatever they send or however they go,
// the engine goes on.
import type { Chance } from '../../gauntlet/random.ts';
import { rawUpgrade } from '../../support/raw-http.ts';
import type { Attack } from '../attack.ts';
import type { Target } from '../target.ts';
import { hasProtected } from './http-fuzz.ts';
import { playAll, talk, type Ending } from './talk.ts';
import { fuzzedFrames, fuzzedUpgrade } from './websocket-grammar.ts';

const CONNECTIONS = 80;
const AT_ONCE = 10;
const FRAMES_MAX = 12;

interface Plan {
  readonly parts: readonly Buffer[];
  readonly ending: Ending;
  /** Whether the frames come after the handshake's response, as they must. */
  readonly waits: boolean;
}

function planOf(chance: Chance, topology: string): Plan {
  // Half of them get through the handshake.
  const isGood = chance.once(2);
  const head = isGood ? rawUpgrade('/ws') : fuzzedUpgrade(chance, topology);
  const frames = Array.from({ length: chance.below(FRAMES_MAX) }, () => fuzzedFrames(chance, topology));
  return {
    parts: [Buffer.from(head, 'latin1'), ...frames],
    ending: chance.pick(['wait', 'wait', 'reset', 'end'] as const),
    waits: isGood && !chance.once(4),
  };
}

async function tryClient(target: Target, { parts, ending, waits }: Plan): Promise<void> {
  const text = await talk(target, parts, ending, waits);
  target.tries('WebSocket clients');
  target.tries('WebSocket frames', parts.length - 1);
  target.inspect('a WebSocket answer', text);
  const request = JSON.stringify(parts[0]?.toString('latin1').slice(0, 160));
  if (/"type":"(?:predictions|subscribed|sample|labels)"/.test(text))
    target.found('unauthorized', `a stranger is subscribed: ${request}: ${text.slice(0, 200)}`);
  if (hasProtected(text, target.name)) target.found('unauthorized', `${request}: ${text.slice(0, 120)}`);
  if (/^HTTP\/1\.1 5(?!05)\d\d /.test(text)) target.found('wrong', `${request}: ${text.slice(0, 40)}`);
}

export const websocketFuzz: Attack = {
  name: 'WebSocket fuzzing',
  async play(target, chance) {
    const plans = Array.from({ length: CONNECTIONS }, () => planOf(chance, target.name));
    await playAll(plans, AT_ONCE, (plan) => tryClient(target, plan));
  },
};
