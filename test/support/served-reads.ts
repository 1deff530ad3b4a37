// A reader of the online store while the store fails over (for tests).
import { deepEqual, equal } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCode } from '../../src/core/errors.ts';
import type { StateStores } from '../../src/ports/state-store.ts';
import { origin } from './clustered-state.ts';

const PAUSE_MS = 2;

export interface ServedReads {
  answered: number;
  refused: number;
  /** How often an answer was as of an earlier offset than the one before. */
  wentBack: number;
}

/**
 * Reads until it is over, as `isOver` says of what has been read so far. Each answer is whole: the list that the commits of
 * `clustered-state.ts` make, as of the offset that the answer says. A read that is not answered says that the store is not
 * available.
 */
export async function readUntil(
  stores: Pick<StateStores, 'served'>,
  topology: string,
  isOver: (reads: ServedReads) => boolean,
): Promise<ServedReads> {
  const reads: ServedReads = { answered: 0, refused: 0, wentBack: 0 };
  let newest = 0;
  while (!isOver(reads)) {
    try {
      const served = await stores.served(topology, origin, ['list', 'never']);
      if (served === null) throw new Error('the checkpoint is gone');
      const { offsetNext, isComplete, states, lost } = served;
      const epochs = Array.from({ length: offsetNext }, (_, i) => (i + 1) % 256);
      deepEqual([...(states[0]?.state ?? [])], epochs, `as of ${offsetNext}`);
      equal(states[1], null);
      equal(isComplete && lost.size === 0, true);
      reads.answered += 1;
      if (offsetNext < newest) reads.wentBack += 1;
      newest = Math.max(newest, offsetNext);
    } catch (error) {
      if (!isCode(error, 'STORE_UNAVAILABLE')) throw error;
      reads.refused += 1;
    }
    await sleep(PAUSE_MS);
  }
  return reads;
}
