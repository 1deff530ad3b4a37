// The kinds of attack, in the order in which a run plays each for the first time.
import type { Attack } from './attack.ts';
import { authorization } from './attacks/authorization.ts';
import { httpFuzz } from './attacks/http-fuzz.ts';
import { poisonedTopics } from './attacks/poisoned-topics.ts';

export const attacks: readonly Attack[] = [authorization, httpFuzz, poisonedTopics];
