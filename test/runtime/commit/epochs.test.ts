// A failed task commits nothing: a boundary that waited for the previous commit is not committed together with the rows
// that were released after it.
import t from 'tap';
import type { Assignment, EpochWriter } from '../../../src/ports/event-log.ts';
import { ControlObservations } from '../../../src/operators/observations.ts';
import type { Checkpoints } from '../../../src/runtime/commit/checkpoints.ts';
import type { ControlLink } from '../../../src/runtime/boundaries/control-link.ts';
import type { EpochOutputs } from '../../../src/runtime/commit/epoch-outputs.ts';
import { EpochCounts } from '../../../src/runtime/commit/epoch-counts.ts';
import { Epochs } from '../../../src/runtime/commit/epochs.ts';
import {
  parseMetadata,
  positionMetadata,
  type CommittedPosition,
} from '../../../src/runtime/recovery/committed-position.ts';
import type { OpenSlot } from '../../../src/runtime/models/model-hub.ts';
import { RunStats } from '../../../src/runtime/task/run-stats.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { unwatchedProgress } from '../../support/unwatched-progress.ts';

class Commits {
  readonly offsets: number[] = [];
  readonly answers: Array<PromiseWithResolvers<void>> = [];

  #slot(): Partial<OpenSlot> {
    const isUncommitted = (): boolean => this.isUncommitted;
    return {
      champion: null,
      taken: { version: 'v2', update: 7, refused: null },
      get isUncommitted() {
        return isUncommitted();
      },
      committed: () => {
        this.isUncommitted = false;
      },
    };
  }

  readonly metadata: unknown[] = [];
  /** What followed the transactions. */
  readonly steps: string[] = [];
  isUncommitted = false;
  /** Whether what a boundary closes is stored before the partition arrives there. */
  isDurable = false;
  /** Whether boundaries are decided, or the engine stops before. */
  isDecided = true;

  /** Epochs over fakes that implement only the methods which are called. */
  epochs(committed: CommittedPosition = { offset: 0, watermarkMs: Number.NEGATIVE_INFINITY }): Epochs {
    const writer: Partial<EpochWriter> = {
      append: () => undefined,
      commit: (_group, _source, offsetNext, metadata) => {
        this.offsets.push(offsetNext);
        this.metadata.push(metadata);
        const answer = Promise.withResolvers<void>();
        this.answers.push(answer);
        return answer.promise;
      },
    };
    const control: Partial<ControlLink> = {
      isDurable: this.isDurable,
      closeEpoch: () => [],
      arrive: async (_origin, _atMs, { isPassed }) => {
        this.steps.push(isPassed ? 'passed' : 'arrived');
        return this.isDecided;
      },
    };
    return new Epochs({
      completeFrom: null,
      outcomesFrom: 0,
      topology: 'orders',
      assignment: { topic: 'orders', partition: 0 } as Assignment,
      writer: writer as EpochWriter,
      checkpoints: {
        stage: () => undefined,
        add: async () => void this.steps.push('committed'),
        drain: async () => void this.steps.push('stored'),
      } as unknown as Checkpoints,
      control: control as ControlLink,
      telemetry: new FakeTelemetry(),
      counts: new EpochCounts(new FakeTelemetry(), new RunStats()),
      progress: unwatchedProgress(),
      observations: new ControlObservations({ topic: 'orders', partition: 0 }),
      outputs: { close: () => () => undefined } as unknown as EpochOutputs,
      model: this.#slot() as OpenSlot,
      erasedUpTo: 0,
      targetMark: null,
      committed,
      epoch: 0,
      failed: () => undefined,
    });
  }
}

for (const fails of [false, true]) {
  t.test(
    fails ? 'a boundary after a failure is not committed' : 'epochs are committed one after the other',
    async (t) => {
      const commits = new Commits();
      const epochs = commits.epochs();
      const first = epochs.barrier(null, 10, 1);
      await epochs.close(first);
      await first.released;
      const boundary = epochs.barrier(5, 20, 5);
      const closed = epochs.close(boundary);
      if (fails) {
        epochs.giveUp();
        await boundary.released;
      }
      commits.answers[0]?.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      commits.answers[1]?.resolve();
      await closed;
      await boundary.released;
      t.same(commits.offsets, fails ? [10] : [10, 20]);
    },
  );
}

t.test('a partition arrives at a boundary once its rows are stored', async (t) => {
  const commits = new Commits();
  commits.isDurable = true;
  const epochs = commits.epochs();
  const closed = epochs.close(epochs.barrier(5, 10, 5));
  await new Promise((resolve) => setImmediate(resolve));
  t.same(commits.steps, []);
  commits.answers[0]?.resolve();
  await closed;
  t.same(commits.steps, ['committed', 'stored', 'arrived']);
});

t.test('nothing after a boundary that is not decided any more is committed', async (t) => {
  const commits = new Commits();
  commits.isDecided = false;
  const epochs = commits.epochs();
  const boundary = epochs.barrier(5, 10, 5);
  const closed = epochs.close(boundary);
  await new Promise((resolve) => setImmediate(resolve));
  commits.answers[0]?.resolve();
  await closed;
  await boundary.released;
  t.ok(epochs.isGivenUp);
  const last = epochs.barrier(null, 20, 6);
  await epochs.close(last);
  await last.released;
  t.same(commits.offsets, [10]);
});

t.test('epochs that an earlier run has committed are not committed again', async (t) => {
  const commits = new Commits();
  const epochs = commits.epochs({ offset: 20, watermarkMs: 5 });
  const close = async (controlMs: number | null, offsetNext: number, watermarkMs: number): Promise<void> => {
    const barrier = epochs.barrier(controlMs, offsetNext, watermarkMs);
    await epochs.close(barrier);
    await barrier.released;
  };
  await close(null, 10, 1);
  await close(4, 15, 4);
  await close(null, 20, 5);
  t.same(commits.offsets, []);
  await close(null, 20, 6);
  t.same(commits.offsets, [20], 'at the committed offset, with a later watermark');
  t.same(
    commits.steps.filter((step) => step !== 'committed'),
    ['passed'],
    'the boundary at 15 was passed',
  );
});

t.test('a model that was taken since is committed at the committed offset, and not before it', async (t) => {
  const commits = new Commits();
  commits.isUncommitted = true;
  const epochs = commits.epochs({ offset: 20, watermarkMs: 5 });
  for (const [offset, watermarkMs] of [
    [10, 1],
    [20, 5],
    [20, 5],
  ] as const) {
    const barrier = epochs.barrier(null, offset, watermarkMs);
    await epochs.close(barrier);
    commits.answers[0]?.resolve();
    await epochs.settled();
  }
  t.same(commits.offsets, [20]);
  t.match(parseMetadata(String(commits.metadata[0])), {
    watermarkMs: 5,
    model: { version: 'v2', update: 7 },
  });
});

t.test('metadata of any kind is read', async (t) => {
  const none = { watermarkMs: Number.NEGATIVE_INFINITY, model: null };
  for (const metadata of ['', 'x', '[', '{}', '[null]', '["5",[1,2,3]]', 'NaN'])
    t.match(parseMetadata(metadata), none, metadata);
  t.match(parseMetadata('12.5'), { watermarkMs: 12.5, model: null }, 'of 0.1.0');
  const model = { version: 'v1', update: 3, refused: 'too wide'.repeat(100) };
  const parsed = parseMetadata(positionMetadata(-5, model));
  t.match(parsed, { watermarkMs: -5, model: { version: 'v1', update: 3 } });
  t.ok(positionMetadata(-5, model).length < 400, 'brokers bound it');
});
