// The kinds of attack, in the order in which a run plays each for the first time.
import type { Attack } from './attack.ts';
import { authorization } from './attacks/authorization.ts';
import { browsers } from './attacks/browsers.ts';
import { floods } from './attacks/floods.ts';
import { forgedLetters } from './attacks/forged-letters.ts';
import { hostileBodies } from './attacks/hostile-bodies.ts';
import { hostileModels } from './attacks/hostile-models.ts';
import { httpFuzz } from './attacks/http-fuzz.ts';
import { poisonedTopics } from './attacks/poisoned-topics.ts';
import { resumingClients } from './attacks/resuming-clients.ts';
import { slowClients } from './attacks/slow-clients.ts';
import { stops } from './attacks/stops.ts';
import { websocketFuzz } from './attacks/websocket-fuzz.ts';

export const attacks: readonly Attack[] = [
  authorization,
  slowClients,
  browsers,
  httpFuzz,
  websocketFuzz,
  floods,
  resumingClients,
  hostileBodies,
  hostileModels,
  poisonedTopics,
  forgedLetters,
  stops,
];
