import t from 'tap';
import { MillraceError } from '../../../src/core/errors.ts';
import type { LogEnd } from '../../../src/ports/event-log.ts';
import { ProgressWatch } from '../../../src/runtime/progress/progress-watch.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';

const STUCK_MS = 60_000;

interface Opened {
  readonly watch: ProgressWatch;
  readonly telemetry: RecordingTelemetry;
  readonly clock: { ms: number };
  /** End offsets; an error if the log is away. */
  readonly log: { ends: number[] | Error; readable: number };
}

function open(): Opened {
  const telemetry = new RecordingTelemetry();
  const clock = { ms: 0 };
  const log: Opened['log'] = { ends: [0, 0], readable: Number.POSITIVE_INFINITY };
  const ends = async (): Promise<LogEnd[]> => {
    if (log.ends instanceof Error) throw log.ends;
    return log.ends.map((end) => ({ readable: Math.min(end, log.readable), end }));
  };
  const watch = new ProgressWatch({
    topology: 'orders',
    groupId: 'millrace.orders',
    topic: 'orders',
    log: { ends },
    telemetry,
    stuckMs: STUCK_MS,
    clock: () => clock.ms,
  });
  return { watch, telemetry, clock, log };
}

await t.test('lag is measured while no fetch returns, by offsets and by time', async (t) => {
  const { watch, telemetry, clock, log } = open();
  const progress = watch.add(0);
  progress.restored(0, 0);
  progress.phase = 'waiting for the log';
  await watch.tick();
  log.ends = [500, 0];
  await watch.tick();
  clock.ms = 7_000;
  await watch.tick();
  t.equal(telemetry.gauges.get('offset_lag_events'), 500);
  t.equal(telemetry.gauges.get('lag_seconds'), 7);
  progress.committedTo(500);
  await watch.tick();
  t.equal(telemetry.gauges.get('offset_lag_events'), 0);
  t.equal(telemetry.gauges.get('lag_seconds'), 0);
  watch.remove(0);
  t.notOk(telemetry.gauges.has('offset_lag_events'), 'a revoked partition has no lag here');
});

await t.test('a partition that does not progress although events wait blocks readiness', async (t) => {
  const { watch, telemetry, clock, log } = open();
  const progress = watch.add(1);
  progress.restored(0, 0);
  progress.phase = 'waiting for the log';
  clock.ms = 10 * STUCK_MS;
  await watch.tick();
  t.same([...telemetry.conditions], [], 'nothing waits');
  log.ends = [0, 12];
  progress.phase = 'committing an epoch';
  await watch.tick();
  clock.ms += STUCK_MS;
  progress.failed(new MillraceError('LOG_FAILED', 'too large'));
  await watch.tick();
  t.match(
    telemetry.conditions.get('partition_stuck orders-1'),
    /no progress for 60 s while waiting to restart; 12 events wait from offset 0; last failure: LOG_FAILED: too large.*!/,
  );
  t.same(
    watch.stuck().map(({ partition }) => partition),
    [1],
  );
  progress.committedTo(12);
  await watch.tick();
  t.same([...telemetry.conditions], []);
});

await t.test('events behind a transaction that is never ended wait, and say for what', async (t) => {
  const { watch, telemetry, clock, log } = open();
  log.ends = [100, 0];
  log.readable = 85;
  const progress = watch.add(0);
  progress.restored(0, 85);
  progress.phase = 'waiting for the log';
  await watch.tick();
  t.equal(telemetry.gauges.get('offset_lag_events'), 15);
  clock.ms = STUCK_MS;
  await watch.tick();
  t.match(
    telemetry.conditions.get('partition_stuck orders-0'),
    /15 events wait from offset 85, behind a transaction that its producer has not ended.*!/,
  );
  log.readable = 90;
  clock.ms += 1;
  await watch.tick();
  t.notMatch(telemetry.conditions.get('partition_stuck orders-0'), 'transaction', 'the rest can be read');
});

await t.test('a restore that hangs is reported, whether or not events wait', async (t) => {
  const { watch, telemetry, clock } = open();
  const progress = watch.add(0);
  progress.phase = 'restoring its state';
  clock.ms = STUCK_MS;
  await watch.tick();
  t.match(telemetry.conditions.get('partition_stuck orders-0'), 'while restoring its state');
});

await t.test('a log that is away is reported, and lag grows by time', async (t) => {
  const { watch, telemetry, clock, log } = open();
  const progress = watch.add(0);
  progress.restored(0, 0);
  progress.phase = 'waiting for the log';
  await watch.tick();
  log.ends = [3, 0];
  await watch.tick();
  log.ends = new MillraceError('LOG_UNAVAILABLE', 'refused');
  clock.ms = STUCK_MS;
  await watch.tick();
  t.equal(telemetry.gauges.get('lag_seconds'), 60);
  t.same([...telemetry.conditions.keys()].sort(), [
    'log_unavailable offsets of orders',
    'partition_stuck orders-0',
  ]);
});

await t.test('a wait at a boundary for a partition that progresses does not block readiness', async (t) => {
  const { watch, telemetry, clock, log } = open();
  log.ends = [100, 100];
  const [ahead, behind] = [watch.add(0), watch.add(1)];
  for (const progress of [ahead, behind]) progress.restored(0, 0);
  ahead.phase = 'waiting at a control boundary';
  behind.phase = 'processing a batch';
  clock.ms = STUCK_MS;
  behind.committedTo(10);
  await watch.tick();
  t.notMatch(telemetry.conditions.get('partition_stuck orders-0'), /!$/);
  clock.ms += STUCK_MS;
  await watch.tick();
  t.match(telemetry.conditions.get('partition_stuck orders-0'), /!$/, 'now nothing progresses');
});

await t.test('whether a partition has been read to its end, the log says, lately', async (t) => {
  const { watch, clock, log } = open();
  log.ends = [40, 0];
  const progress = watch.add(0);
  t.equal(await progress.isAtEnd(40, 1_000), true);
  t.equal(await progress.isAtEnd(39, 1_000), false);
  log.ends = [41, 0];
  clock.ms = 1_000;
  t.equal(await progress.isAtEnd(40, 1_000), true, 'it was asked a second ago');
  clock.ms = 1_001;
  t.equal(await progress.isAtEnd(40, 1_000), false);
  t.equal(await progress.isAtEnd(41, 1_000), true);
  log.ends = new MillraceError('LOG_UNAVAILABLE', 'away');
  clock.ms = 3_000;
  t.equal(await progress.isAtEnd(41, 1_000), false, 'the log does not say');
});

await t.test('a process that the group does not admit is not ready', async (t) => {
  const { watch, telemetry, clock } = open();
  clock.ms = STUCK_MS;
  await watch.tick();
  t.match(telemetry.conditions.get('group_not_joined millrace.orders'), /!$/);
  watch.joined();
  await watch.tick();
  t.same([...telemetry.conditions], []);
});
