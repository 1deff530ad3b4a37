// The archive up to the start of the log, then the log: in order, without a gap or a duplicate, and with back-pressure.
import { Observable, of as observableOf } from 'rxjs';
import t from 'tap';
import type { RawBatch } from '../../../src/core/batch.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import type { Assignment } from '../../../src/ports/event-log.ts';
import { RawQueue } from '../../../src/runtime/task/raw-queue.ts';
import { replayedSource } from '../../../src/runtime/recovery/replayed-source.ts';
import { MemoryHistory } from '../../support/memory-history.ts';
import { rawBatchOf } from '../../contracts/history-rows.ts';

const source = { topology: 'orders', topic: 'orders', partition: 0 };
const events = (count: number, gap = 0) =>
  Array.from({ length: count }, () => ({ key: null, value: Buffer.from('x'), timestampMs: 1, gap }));

function assignmentOf(open: Assignment['open'], calls: string[] = []): Assignment {
  return {
    ...source,
    generation: 1,
    revoked: new AbortController().signal,
    rebalancingSinceMs: 0,
    open,
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    released: () => undefined,
  };
}

async function readAll(queue: RawQueue): Promise<RawBatch[]> {
  const fetches: RawBatch[] = [];
  while (!queue.drained) {
    const raw = await queue.next(1_000);
    if (raw !== undefined) fetches.push(raw);
  }
  return fetches;
}

t.test('every record once, in order; the archive ends where the log starts', async (t) => {
  const archive = new MemoryHistory();
  const whole = rawBatchOf(events(200, 1), 0, source);
  archive.events('orders', { raw: whole, begin: 0, end: 200, offsetFrom: 0 });
  const low = 250;
  const opened: Array<number | null> = [];
  const assignment = assignmentOf((offset) => {
    opened.push(offset);
    return observableOf(rawBatchOf(events(75, 1), low, source));
  });
  const queue = new RawQueue();
  queue.open(replayedSource(assignment, archive, source, 21, { until: low, logEnd: 400 }));
  const fetches = await readAll(queue);
  t.same(opened, [low]);
  t.same(
    fetches.flatMap((raw) => [...raw.offsets]),
    [...whole.offsets].filter((offset) => offset >= 21),
  );
  const archived = fetches.slice(0, -1);
  t.equal(archived.at(-1)?.offsetNext, low);
  t.ok(
    archived.every((raw) => raw.offsetNext <= low && raw.highWatermark === 400),
    'the log is still before it',
  );
});

t.test('without archived records, the position still moves to the start of the log', async (t) => {
  const queue = new RawQueue();
  const assignment = assignmentOf(() => new Observable((subscriber) => subscriber.complete()));
  queue.open(replayedSource(assignment, new MemoryHistory(), source, 5, { until: 9, logEnd: 9 }));
  t.match(await readAll(queue), [{ count: 0, offsetNext: 9, highWatermark: 9 }]);
});

t.test('paused, it reads no further, and does not open the log', async (t) => {
  let pages = 0;
  class Counting extends MemoryHistory {
    override async *readEvents(...of: Parameters<MemoryHistory['readEvents']>): AsyncGenerator<RawBatch> {
      for await (const page of super.readEvents(...of)) {
        pages += 1;
        yield page;
      }
    }
  }
  const archive = new Counting();
  archive.events('orders', { raw: rawBatchOf(events(640), 0, source), begin: 0, end: 640, offsetFrom: 0 });
  const calls: string[] = [];
  let isOpen = false;
  const assignment = assignmentOf(() => {
    isOpen = true;
    return new Observable();
  }, calls);
  const replay = replayedSource(assignment, archive, source, 0, { until: 640, logEnd: 640 });
  const taken: number[] = [];
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) await Promise.resolve();
  };
  replay.pause();
  const subscription = replay.fetches.subscribe((raw) => {
    taken.push(raw.count);
    replay.pause();
  });
  await turns();
  t.same(taken, []);
  t.ok(pages <= 2, `${pages} pages before the first is taken`);
  for (let i = 1; i <= 10; i++) {
    replay.resume();
    await turns();
    t.equal(taken.length, i);
    t.ok(pages <= i + 2, `${pages} pages after ${i}`);
  }
  t.notOk(isOpen, 'all pages are taken, and it is paused');
  replay.resume();
  await turns();
  t.ok(isOpen);
  t.same(calls, [], 'the partition was not open yet');
  replay.pause();
  replay.resume();
  t.same(calls, ['pause', 'resume']);
  subscription.unsubscribe();
});

t.test('an archive that fails fails its reader', async (t) => {
  class Broken extends MemoryHistory {
    override async *readEvents(): AsyncGenerator<RawBatch> {
      yield* [];
      throw new MillraceError('HISTORY_UNAVAILABLE', 'away');
    }
  }
  const queue = new RawQueue();
  const assignment = assignmentOf(() => new Observable());
  queue.open(replayedSource(assignment, new Broken(), source, 0, { until: 5, logEnd: 5 }));
  await t.rejects(queue.next(1_000), { code: 'HISTORY_UNAVAILABLE' });
});
