import t from 'tap';
import { MillraceError } from '../../../src/core/errors.ts';
import type { PartitionProgress } from '../../../src/runtime/progress/partition-progress.ts';
import { WaitingTime } from '../../../src/runtime/progress/waiting-time.ts';
import { unwatchedProgress } from '../../support/unwatched-progress.ts';

function open(): { progress: PartitionProgress; clock: { ms: number } } {
  const clock = { ms: 0 };
  return { clock, progress: unwatchedProgress(() => clock.ms) };
}

t.test('a commit is progress; events that are processed and not committed are not', (t) => {
  const { progress, clock } = open();
  progress.restored(0, 0);
  progress.end = 100;
  clock.ms = 10_000;
  progress.committedTo(40);
  t.equal(progress.idleMs, 0);
  t.equal(progress.lag, 60);
  clock.ms = 30_000;
  progress.processed(80);
  t.equal(progress.idleMs, 20_000);
  progress.phase = 'committing an epoch';
  progress.failed(new MillraceError('LOG_FAILED', 'refused'));
  t.match(
    progress.reason,
    'no progress for 20 s while waiting to restart; 60 events wait from offset 40; last failure: LOG_FAILED: refused',
  );
  t.end();
});

t.test('a task that restarts without end makes no progress', (t) => {
  const { progress, clock } = open();
  progress.restored(0, 0);
  progress.committedTo(50);
  for (let attempt = 0; attempt < 20; attempt++) {
    clock.ms += 1_000;
    progress.restored(30, 50); // from its state, which is behind
    progress.processed(50);
    progress.committedTo(50);
    progress.processed(70);
    progress.failed(new Error('refused'));
  }
  t.ok(progress.idleMs >= 18_000, `the first time at most counts: ${progress.idleMs}`);
  t.ok(progress.failure !== null);
  clock.ms += 1_000;
  progress.committedTo(70);
  t.equal(progress.idleMs, 0);
  t.equal(progress.failure, null);
  t.end();
});

t.test('rebuilding state from the log is progress', (t) => {
  const { progress, clock } = open();
  progress.restored(0, 0);
  progress.committedTo(1_000_000);
  progress.restored(0, 1_000_000);
  for (let offset = 0; offset <= 1_000_000; offset += 100_000) {
    clock.ms += 30_000;
    progress.processed(offset);
    t.ok(progress.idleMs <= 30_000);
  }
  t.end();
});

t.test('the oldest event that waits has its age from the end of the log when it was first seen', (t) => {
  const waiting = new WaitingTime();
  t.equal(waiting.ms(0, 0), 0);
  for (let i = 1; i <= 5_000; i++) waiting.add(i * 10, i * 1_000);
  t.equal(waiting.ms(0, 5_001_000), 5_000_000, 'exact although samples were dropped');
  const age = waiting.ms(25_000, 5_001_000);
  t.ok(age >= 2_000_000 && age <= 2_501_000, `the gaps between samples grow with their age: ${age}`);
  t.equal(waiting.ms(50_000, 5_002_000), 0, 'all is committed');
  waiting.add(50_001, 6_000_000);
  t.equal(waiting.ms(50_000, 6_004_000), 4_000);
  t.end();
});
