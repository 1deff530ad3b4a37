// Every kind of world. A new one is one file and one line here.
import { clients } from './clients.ts';
import { corruptState } from './corrupt.ts';
import { evolution } from './evolution.ts';
import { infinities } from './infinities.ts';
import { killed, wrongClock } from './killed.ts';
import type { Kind } from './kind.ts';
import { registryOutages } from './outages.ts';
import { plain } from './plain.ts';
import { promotions } from './promotions.ts';
import { sizes } from './sizes.ts';
import { emptiedStore, evictingStore, stopOfDays } from './store.ts';
import { strayRecords } from './strays.ts';
import { doubleTimes, eventTimes } from './times.ts';
import { addedPartitions, recreated, retention } from './topics.ts';

/** Worlds that are played unless others are named. */
export const kinds: readonly Kind[] = [
  plain,
  clients,
  evolution,
  strayRecords,
  eventTimes,
  doubleTimes,
  infinities,
  registryOutages,
  stopOfDays,
  emptiedStore,
  evictingStore,
  corruptState,
  addedPartitions,
  retention,
  recreated,
  promotions,
  sizes,
  killed,
  wrongClock,
];
