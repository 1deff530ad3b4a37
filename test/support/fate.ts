// A process that is killed at a chosen instant (for tests of restarts): from then on its log, its state store and its
// decoder fail, and uncommitted data is lost. The log also returns records in random pieces.
import { setImmediate } from 'node:timers/promises';
import { concatMap, from, map } from 'rxjs';
import type { RawBatch } from '../../src/core/batch.ts';
import type { StateDelta } from '../../src/core/state-delta.ts';
import type { Assignment, EpochWriter, EventLog } from '../../src/ports/event-log.ts';
import type { EventDecoder } from '../../src/ports/format.ts';
import type { Checkpoint, StateStore, StateStores } from '../../src/ports/state-store.ts';
import { Random } from '../../src/stats/random.ts';
import type { SourceFormat } from '../../src/topology/source-format.ts';
import { assignmentOpening, forwardingLog } from './forwarding.ts';

/**
 * - `batch`: before a batch is decoded, in the middle of an epoch
 * - `log`: before an epoch's transaction
 * - `state`: after the transaction, before the state is written
 * - `reply`: after the state is written, before the task receives the reply
 */
export type Instant = 'batch' | 'log' | 'state' | 'reply';

export class Fate {
  readonly #at: { readonly instant: Instant; readonly nth: number } | null;
  readonly #random: Random;
  readonly #rowsMax: number;
  #met = 0;
  dead = false;

  /** @param rowsMax largest number of records that the log returns at once */
  constructor(
    seed: number,
    rowsMax: number,
    at: { readonly instant: Instant; readonly nth: number } | null = null,
  ) {
    this.#random = new Random(seed);
    this.#rowsMax = rowsMax;
    this.#at = at;
  }

  meet(instant: Instant): void {
    if (!this.dead && this.#at?.instant === instant) this.dead = this.#met++ === this.#at.nth;
    if (this.dead) throw new Error('killed');
  }

  /** Waits for a random number of turns of the event loop, possibly none. */
  async delay(): Promise<void> {
    for (let turns = this.#random.nextInt(12); turns > 0; turns--) await setImmediate();
  }

  pieceRows(): number {
    return 1 + this.#random.nextInt(this.#rowsMax);
  }
}

/** Records [from, to) of a fetch, as a fetch. */
function piece(raw: RawBatch, from: number, to: number): RawBatch {
  return {
    ...raw,
    count: to - from,
    offsets: raw.offsets.slice(from, to),
    timestampMs: raw.timestampMs.slice(from, to),
    keys: raw.keys.slice(from, to),
    values: raw.values.slice(from, to),
    offsetNext: to === raw.count ? raw.offsetNext : (raw.offsets[to] as number),
  };
}

function pieces(raw: RawBatch, fate: Fate): RawBatch[] {
  const out: RawBatch[] = [];
  for (let at = 0; at < raw.count;) {
    const to = Math.min(raw.count, at + fate.pieceRows());
    out.push(piece(raw, at, to));
    at = to;
  }
  return out;
}

function assignmentOf(inner: Assignment, fate: Fate): Assignment {
  return assignmentOpening(inner, (offset) =>
    inner.open(offset).pipe(concatMap((raw) => from(pieces(raw, fate)))),
  );
}

/** A writer with slow commits, during which records of the next epoch are appended. */
function writerOf(inner: EpochWriter, fate: Fate): EpochWriter {
  let pending: Array<Parameters<EpochWriter['append']>> = [];
  return {
    recordBytesMax: (topic) => inner.recordBytesMax(topic),
    append: (...args) => void pending.push(args),
    async commit(...args: Parameters<EpochWriter['commit']>): Promise<void> {
      const records = pending;
      pending = [];
      fate.meet('log');
      await fate.delay();
      for (const one of records) inner.append(...one);
      await inner.commit(...args);
    },
    committed: (groupId, source) => inner.committed(groupId, source),
    close: () => inner.close(),
  };
}

/** The log of the process. */
export function logOf(inner: EventLog, fate: Fate): EventLog {
  return forwardingLog(inner, {
    subscribe: (request) =>
      inner.subscribe(request).pipe(map((assignment) => assignmentOf(assignment, fate))),
    epochWriter: async (id) => writerOf(await inner.epochWriter(id), fate),
  });
}

function storeOf(inner: StateStore, fate: Fate): StateStore {
  return {
    restore: (generation) => inner.restore(generation),
    get: (keys) => inner.get(keys),
    check: () => inner.check(),
    forget: (keys) => inner.forget(keys),
    clear: () => inner.clear(),
    async commit(at: Omit<Checkpoint, 'stages'>, delta: StateDelta): Promise<void> {
      fate.meet('state');
      await inner.commit(at, delta);
      fate.meet('reply');
    },
  };
}

export function storesOf(inner: StateStores, fate: Fate): StateStores {
  return {
    open: (topology, partition) => storeOf(inner.open(topology, partition), fate),
    served: (topology, partition, keys) => inner.served(topology, partition, keys),
    ping: () => inner.ping(),
    verify: () => inner.verify(),
    close: () => inner.close(),
  };
}

/** The source format of the process. */
export function formatOf(inner: SourceFormat, fate: Fate): Pick<SourceFormat, 'decoder'> {
  return {
    async decoder(): Promise<EventDecoder> {
      const decoder = await inner.decoder();
      return {
        schema: decoder.schema,
        fillsRows: decoder.fillsRows ?? false,
        prepare(raw: RawBatch): Promise<void> | undefined {
          fate.meet('batch');
          return decoder.prepare?.(raw);
        },
        decode: (raw, begin, end, into) => decoder.decode(raw, begin, end, into),
      };
    },
  };
}
