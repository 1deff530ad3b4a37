// Where a partition goes on if the log no longer has what was committed.
import t from 'tap';
import { MillraceError } from '../../../src/core/errors.ts';
import { positionMetadata } from '../../../src/runtime/recovery/committed-position.ts';
import {
  settleOffsets,
  type OffsetReset,
  type Restorable,
} from '../../../src/runtime/recovery/lost-offsets.ts';
import { addTopicId, topicIdOf } from '../../../src/runtime/recovery/source-identity.ts';
import type { Assignment } from '../../../src/ports/event-log.ts';
import type { Checkpoint } from '../../../src/ports/state-store.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { ordersTopology } from '../../support/orders.ts';

interface Given {
  readonly low: number;
  readonly high: number;
  /** Of the log. */
  readonly topicId: string | null;
  /** The group's offset, and the id that was committed with it; null if the group has none. */
  readonly group: readonly [offset: number, topicId: string | null] | null;
  /** The state's offset, and its id; null if there is no state. */
  readonly state: readonly [offset: number, topicId: string | null, epoch?: number] | null;
  /** Gets what is committed. */
  readonly commits?: number[];
  /** Events below it are predicted, by what the log has published. */
  readonly predicted?: number;
  readonly reset?: OffsetReset;
}

interface Outcome extends Restorable {
  readonly commits: readonly number[];
  readonly cleared: number;
  /** Ids of the topic that were written to the state, each with its offset. */
  readonly remembered: ReadonlyArray<readonly [offset: number, topicId: string | null]>;
  readonly forgotten: readonly number[];
  readonly predictionsFrom: number;
}

const WATERMARK_MS = 5_000;
const PREDICTIONS_END = 77;

function checkpointOf(offsetNext: number, topicId: string | null, epoch = 3): Checkpoint {
  const stages = new Map<string, Uint8Array>();
  addTopicId(stages, { topicId, predictionsFrom: 0 });
  return { epoch, offsetNext, watermarkMs: WATERMARK_MS, modelVersion: 'm', stages };
}

async function settle(given: Given): Promise<Outcome> {
  const { low, high, topicId, group, state, predicted = 0, reset = 'earliest' } = given;
  const { commits = [] } = given;
  const forgotten: number[] = [];
  const remembered: Array<[number, string | null]> = [];
  let cleared = 0;
  let predictionsFrom = 0;
  const settled = await settleOffsets(
    {
      topology: ordersTopology(),
      log: {
        topicId: async () => topicId,
        offsets: async (topic) => [topic === 'orders' ? { low, high } : { low: 0, high: PREDICTIONS_END }],
      },
      assignment: { topic: 'orders', partition: 0 } as Assignment,
      store: {
        clear: async () => void (cleared += 1),
        commit: async (at, { stages }) => void remembered.push([at.offsetNext, topicIdOf({ ...at, stages })]),
      },
      writer: { commit: async (_group, _source, offset) => void commits.push(offset) },
      telemetry: new FakeTelemetry(),
      offsetReset: reset,
      requireNewest: async (offset, stored) => {
        if (offset < Math.max(stored, predicted))
          throw new MillraceError('LOG_UNAVAILABLE', 'not the newest');
      },
      forgetRows: async (offset) => void forgotten.push(offset),
      predictionsFrom: (offset) => (predictionsFrom = offset),
    },
    state === null ? null : checkpointOf(...state),
    group === null
      ? null
      : {
          offset: group[0],
          metadata: positionMetadata(WATERMARK_MS, null, { topicId: group[1], predictionsFrom: 0 }),
        },
  );
  return { ...settled, commits, cleared, remembered, forgotten, predictionsFrom };
}

t.test('a log that has everything', async (t) => {
  for (const id of ['a', null]) {
    const kept = await settle({ low: 10, high: 50, topicId: 'a', group: [40, id], state: [38, id] });
    t.match(kept, { commits: [], cleared: 0, isRebuilt: true, checkpoint: { offsetNext: 38 } });
    t.match(kept.committed, { offset: 40, watermarkMs: WATERMARK_MS, source: { topicId: 'a' } });
  }
  t.match(await settle({ low: 0, high: 50, topicId: 'a', group: null, state: null }), {
    commits: [],
    checkpoint: null,
    committed: { offset: 0 },
    isRebuilt: false,
  });
});

t.test('the topic is remembered before anything of it is committed', async (t) => {
  const first = { low: 7, high: 50, topicId: 'a', group: null } as const;
  const start = { commits: [], cleared: 0, checkpoint: null, committed: { offset: 0 }, isRebuilt: false };
  t.match(await settle({ ...first, state: null }), { ...start, remembered: [[7, 'a']] });
  t.match(await settle({ ...first, topicId: null, state: null }), { ...start, remembered: [] });
  const killed = await settle({ ...first, state: [7, 'a', 0] });
  t.match(killed, { ...start, remembered: [] }, 'nothing was committed before the end');
  const unstored = await settle({ ...first, group: [40, 'a'], state: [7, 'a', 0] });
  t.match(unstored, { commits: [], checkpoint: { offsetNext: 7 }, committed: { offset: 40 } });
  const replaced = await settle({ ...first, low: 0, topicId: 'b', state: [7, 'a', 0] });
  t.match(replaced, { commits: [0], cleared: 1, checkpoint: null, remembered: [[0, 'b']] });
});

t.test('another topic of the same name: nothing of the old one is left', async (t) => {
  const again = {
    commits: [0],
    forgotten: [0],
    cleared: 1,
    checkpoint: null,
    isRebuilt: false,
    predictionsFrom: 77,
  };
  const committed = { offset: 0, watermarkMs: Number.NEGATIVE_INFINITY, source: { topicId: 'b' } };
  for (const high of [10, 500]) {
    const replaced = { low: 0, high, topicId: 'b' } as const;
    const remembered = [[0, 'b']];
    t.match(await settle({ ...replaced, group: [40, 'a'], state: [38, 'a'] }), {
      ...again,
      committed,
      remembered,
    });
    t.match(
      await settle({ ...replaced, group: null, state: [38, 'a'] }),
      { ...again, committed, remembered },
      'the broker has deleted the group offsets with the topic; the state knows the id before the first event',
    );
  }
  t.match(
    await settle({ low: 0, high: 10, topicId: 'b', group: [0, 'b'], state: [38, 'a'] }),
    { commits: [], cleared: 1, checkpoint: null },
    'a crash between the commit and the end of the old state',
  );
});

t.test('an offset from before the newest commit is not replaced', async (t) => {
  const commits: number[] = [];
  const settling = (given: Partial<Given>): Promise<Outcome> =>
    settle({ low: 60, high: 90, topicId: 'a', group: [40, 'a'], state: null, commits, ...given });
  await t.rejects(settling({ state: [80, 'a'] }), { code: 'LOG_UNAVAILABLE' }, 'the state is ahead of it');
  await t.rejects(settling({ predicted: 75 }), { code: 'LOG_UNAVAILABLE' }, 'and so are predictions');
  await t.rejects(settling({ group: null, predicted: 75 }), { code: 'LOG_UNAVAILABLE' });
  await t.rejects(
    settling({ topicId: 'b', state: [80, 'b'] }),
    { code: 'LOG_UNAVAILABLE' },
    'of the topic before',
  );
  await t.rejects(
    settling({ low: 0, high: 30, predicted: 50 }),
    { code: 'LOG_UNAVAILABLE' },
    'and beyond the end',
  );
  t.same(commits, []);
});

t.test('a log that was cut: a crash at any instant comes to the same position', async (t) => {
  const cut = { low: 0, high: 30, topicId: 'a', group: [40, 'a'] } as const;
  const first = await settle({ ...cut, state: [38, 'a'] });
  t.match(first, { commits: [30], cleared: 0, checkpoint: { offsetNext: 30 } });
  t.same(
    first.remembered.map(([offset]) => offset),
    [30],
    'the state is moved as well',
  );
  t.match(await settle({ ...cut, state: [30, 'a'] }), { commits: [30] }, 'a crash before the commit');
  t.match(await settle({ ...cut, group: [30, 'a'], state: [30, 'a'] }), {
    commits: [],
    committed: { offset: 30 },
  });
  t.match(
    await settle({ ...cut, state: [25, 'a'] }),
    { checkpoint: { offsetNext: 25 } },
    'it is read on from there',
  );
  const nameless = await settle({ ...cut, topicId: null, group: [40, null], state: [38, null] });
  t.match(nameless, { commits: [0], cleared: 2, checkpoint: null });
});

t.test('events that were deleted before they were read', async (t) => {
  const deleted = { low: 60, high: 90, topicId: 'a', group: [40, 'a'], state: [38, 'a'] } as const;
  t.match(await settle(deleted), {
    commits: [60],
    forgotten: [],
    cleared: 0,
    committed: { offset: 60, watermarkMs: WATERMARK_MS },
    checkpoint: { offsetNext: 60, epoch: 3 },
    predictionsFrom: 0,
  });
  t.match(await settle({ ...deleted, reset: 'latest' }), { commits: [90], checkpoint: { offsetNext: 90 } });
  await t.rejects(settle({ ...deleted, reset: 'fail' }), {
    code: 'OFFSET_LOST',
    where: 'orders-0',
    remedy: /MILLRACE_OFFSET_RESET/,
  });
});

t.test('a log that ends before what was read', async (t) => {
  const cut = { low: 0, high: 30, topicId: 'a', group: [40, 'a'], state: [38, 'a'] } as const;
  t.match(
    await settle(cut),
    {
      commits: [30],
      forgotten: [30],
      cleared: 0,
      committed: { offset: 30 },
      checkpoint: { offsetNext: 30 },
      predictionsFrom: 77,
    },
    'its next events have offsets that were used before',
  );
  const unknown = { ...cut, topicId: null, group: [40, null], state: [38, null] } as const;
  t.match(await settle(unknown), { commits: [0], cleared: 2, checkpoint: null });
  t.match(await settle({ ...unknown, reset: 'latest' }), { commits: [30], checkpoint: { offsetNext: 30 } });
  await t.rejects(settle({ ...cut, reset: 'fail' }), { code: 'OFFSET_LOST' });
});
