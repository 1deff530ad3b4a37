// State that a backfill has begun to hand over (control path). A checkpoint of NO_EPOCH holds nothing but the id of its topic:
// keys beside it are those of a seed that did not come to its end.
import { emptyDelta } from '../../core/state-delta.ts';
import type { Checkpoint, StateStore } from '../../ports/state-store.ts';
import { NO_EPOCH } from './source-identity.ts';

export async function dropInterruptedSeed(
  store: Pick<StateStore, 'clear' | 'commit'>,
  checkpoint: Checkpoint | null,
): Promise<void> {
  if (checkpoint?.epoch !== NO_EPOCH) return;
  const { epoch, offsetNext, watermarkMs, modelVersion, stages } = checkpoint;
  await store.clear();
  await store.commit(
    { epoch, offsetNext, watermarkMs, modelVersion },
    { ...emptyDelta(), stages: new Map(stages) },
  );
}
