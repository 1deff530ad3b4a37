// The stages by which the parts of a topology exchange features (hot path, once a batch): `answer` sends those of an entity
// part, `await-answers` lets a batch wait for them.
import type { Barrier, Batch } from '../core/batch.ts';
import { MillraceError } from '../core/errors.ts';
import type { Predicate } from '../window/predicate.ts';
import { EntityKeys, NO_KEY } from './entity-keys.ts';
import type { FeatureAnswers, Hop } from './hop.ts';
import { MaskSet } from './predicate.ts';
import {
  asyncOperator,
  syncOperator,
  type EngineStageContext,
  type OperatorState,
  type Stage,
} from './stage.ts';

/** The id of the stage whose state is the position in the answers. */
export const ANSWERS = 'answers';

const POSITION_BYTES = 8;

/** Sends the features of each scored event back to the topology. */
export function answer(): Stage<never> {
  return {
    id: 'answer',
    kind: 'answer',
    summary: 'sends the features to the topology',
    reads: [],
    memoryMs: 0,
    open: (context) => ({
      operator: syncOperator({
        batch(batch: Batch): Batch {
          context.answered?.(batch);
          return batch;
        },
      }),
    }),
  };
}

class AwaitAnswersMachine implements OperatorState {
  readonly #keys: readonly EntityKeys[];
  readonly #when: MaskSet;
  readonly #answers: FeatureAnswers;

  constructor(hops: readonly Hop[], when: Predicate, answers: FeatureAnswers, context: EngineStageContext) {
    this.#keys = hops.map(({ key }) => new EntityKeys(key));
    this.#when = new MaskSet([when], context);
    this.#answers = answers;
  }

  async batch(batch: Batch): Promise<Batch> {
    const { rows, offsets } = batch;
    if (rows.length === 0) return batch;
    this.#when.fill(batch);
    const scored = this.#when.masks[0] as Uint8Array;
    this.#answers.passed(offsets[rows[0] as number] as number);
    const waits: Array<Promise<void>> = [];
    for (const [hop, keys] of this.#keys.entries()) {
      const wait = this.#answers.ready(hop, keyed(batch, keys, scored));
      if (wait !== undefined) waits.push(wait);
    }
    // All hops at once: the batch waits for the slowest.
    await Promise.all(waits);
    return batch;
  }

  snapshot({ offsetNext }: Barrier): Uint8Array {
    const blob = Buffer.alloc(POSITION_BYTES);
    blob.writeDoubleLE(this.#answers.position(offsetNext));
    return blob;
  }

  restore(blob: Uint8Array): void {
    const position =
      blob.length === POSITION_BYTES ? Buffer.from(blob.buffer, blob.byteOffset).readDoubleLE() : Number.NaN;
    if (!Number.isSafeInteger(position) || position < 0)
      throw new MillraceError('STORE_LOST', 'it is no position in the answers');
    this.#answers.seek(position);
  }
}

/** The offsets of the scored rows that have a key. Nothing of an erased entity is scored. */
function keyed(batch: Batch, keys: EntityKeys, scored: Uint8Array): Float64Array {
  const { rows, offsets, erased } = batch;
  keys.bind(batch);
  const found = new Float64Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (erased?.[row] === 1) continue;
    if (scored[row] === 1 && keys.idOf(row) !== NO_KEY) found[count++] = offsets[row] as number;
  }
  return found.subarray(0, count);
}

/**
 * Waits for the features of other keys.
 * @param when which events are scored
 */
export function awaitAnswers(hops: readonly Hop[], when: Predicate, reads: readonly string[]): Stage {
  return {
    id: ANSWERS,
    kind: 'await-answers',
    summary: `of ${hops.map(({ name }) => name).join(', ')}`,
    reads,
    memoryMs: 0,
    open(context) {
      const { answers } = context;
      if (answers === undefined) throw new MillraceError('INVARIANT', 'there is nothing that answers');
      const machine = new AwaitAnswersMachine(hops, when, answers, context);
      return { operator: asyncOperator(machine), operatorState: machine, close: () => answers.close() };
    },
  };
}
