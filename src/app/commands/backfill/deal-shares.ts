// The partitions of a backfill, dealt out to workers once the events of views of other keys are answered (control path). A
// partition that any process of the command has finished is not played again, with however many workers it is repeated.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_MODEL } from '../../../core/blocks.ts';
import { MillraceError } from '../../../core/errors.ts';
import { partitionName } from '../../../core/topic-partition.ts';
import type { CommittedOffset } from '../../../ports/event-log.ts';
import type { StateStores } from '../../../ports/state-store.ts';
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import { endOfState } from '../../../runtime/backfill/finished-partitions.ts';
import type { BuiltState } from '../../../runtime/backfill/seed-state.ts';
import type { ModelHub } from '../../../runtime/models/model-hub.ts';
import { openStateFile } from '../../compose/adapters.ts';
import type { Backfill } from './backfill-parts.ts';
import { BackfillProgress } from './backfill-progress.ts';
import { sharesIn, stateIn } from './folders.ts';
import { ANSWERED_BY } from './play-share.ts';
import { dealt, playedByWorkers, wordsWithout } from './worker-processes.ts';

interface Dealt {
  readonly parts: Backfill;
  readonly hub: ModelHub;
  /** Of the command: a worker's is the same. */
  readonly request: string;
  readonly progress: BackfillProgress;
  readonly inputs: readonly BackfillInput[];
  /** State of the parts that have answered, and of what the command itself has finished. */
  readonly stores: BuiltState;
}

export interface PlayedShares {
  /** By partition: where its task ended. One without a record is missing. */
  readonly ends: ReadonlyMap<number, CommittedOffset>;
  /** Of every partition and part, until it is closed. */
  readonly built: BuiltState;
  close(): Promise<void>;
}

/** Forks the workers and waits for them. @throws what the first worker failed with */
export async function playShares(dealing: Dealt): Promise<PlayedShares> {
  const { parts, hub, inputs, stores } = dealing;
  const { topology, folder, options } = parts;
  const before = await FinishedShares.read(dealing);
  const left = inputs.map(({ partition }) => partition).filter((partition) => !before.ends.has(partition));
  await before.close();
  const words = wordsWithout(options.words, ['--workers', '--partitions', '--model'], ['--seed-state']);
  const model = hub.champion?.version ?? NO_MODEL; // the champion may change meanwhile
  const shares = dealt(left, options.workers);
  await playedByWorkers(shares, [...words, '--model', model], { [ANSWERED_BY]: folder });
  const finished = await FinishedShares.read(dealing);
  const lost = inputs.find(({ partition, from, to }) => from < to && !finished.ends.has(partition));
  if (lost !== undefined) {
    await finished.close();
    throw new MillraceError('STORE_FAILED', 'the state that a worker has built is not there', {
      where: partitionName({ topic: topology.source.topic, partition: lost.partition }),
      remedy: 'Run the command again: this partition is played again.',
    });
  }
  const storeOf = (name: string, partition: number): BuiltState =>
    (name === topology.name ? finished.stores.get(partition) : undefined) ?? stores;
  return {
    ends: finished.ends,
    built: {
      open: (name, place) => storeOf(name, place.partition).open(name, place),
      dump: (name, place) => storeOf(name, place.partition).dump(name, place),
    },
    close: () => finished.close(),
  };
}

/** What processes of the command have finished, of this run and earlier ones. */
class FinishedShares {
  readonly ends = new Map<number, CommittedOffset>();
  /** By partition. */
  readonly stores = new Map<number, BuiltState>();
  readonly #opened: Array<Pick<StateStores, 'close'>> = [];

  static async read(dealing: Dealt): Promise<FinishedShares> {
    const { parts, progress, request, stores } = dealing;
    const finished = new FinishedShares();
    const folder = sharesIn(parts.folder);
    try {
      await finished.#add(dealing, progress, stores);
      const shares = existsSync(folder) ? (await readdir(folder)).sort() : [];
      for (const share of shares) {
        const own = new BackfillProgress(join(folder, share), request);
        if (own.bounds.length === 0) continue;
        const built = await openStateFile(stateIn(join(folder, share)), parts.adapters.telemetry);
        finished.#opened.push(built);
        await finished.#add(dealing, own, built);
      }
      return finished;
    } catch (error) {
      await finished.close();
      throw error;
    }
  }

  async #add(
    { parts: { topology }, inputs }: Dealt,
    progress: BackfillProgress,
    stores: BuiltState,
  ): Promise<void> {
    for (const { partition, to } of inputs) {
      const at = progress.finished(partition);
      if (at?.offset !== to || (await endOfState(topology, stores, partition)) !== to) continue;
      this.ends.set(partition, at);
      this.stores.set(partition, stores);
    }
  }

  async close(): Promise<void> {
    for (const stores of this.#opened) await stores.close();
  }
}
