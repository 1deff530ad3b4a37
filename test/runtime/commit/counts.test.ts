// Metrics and the totals of a run count what is committed: no event twice when a task restarts.
import t from 'tap';
import { MillraceError } from '../../../src/core/errors.ts';
import { DEAD_LETTER_LOG_MS } from '../../../src/core/dead-letter-limits.ts';
import type { EpochWriter } from '../../../src/ports/event-log.ts';
import { DeadLetterLog } from '../../../src/runtime/commit/dead-letter-log.ts';
import { defaultTaskSettings } from '../../../src/runtime/task/task-parts.ts';
import { LearningRun } from '../../support/learning-run.ts';
import { order, orderEvent, ordersCodec, ordersTopology, payment } from '../../support/orders.ts';

const codec = ordersCodec();
const topology = ordersTopology();
const encoder = await codec.encoder<ReturnType<typeof orderEvent>>('orders-value');
const minute = 60_000;
const rows = [
  order('a', 'ann', 1, 10 * minute),
  order('b', null, 1, 11 * minute), // no user: CONTRACT_NULL
  order('c', 'cid', 5_000, 12 * minute), // out of range: the default
  order('a', 'ann', 1, 12 * minute), // a duplicate
  order('d', 'ann', 1, 1 * minute), // late
  payment('a', 1, 13 * minute),
  payment('zz', 1, 14 * minute), // without a prediction, for which it waits
  { ...payment('zz', 1, 14 * minute), event: 'again' }, // one waits already
];
const records = [
  ...rows.map((row) => ({ value: encoder.encode(orderEvent(row)), timestampMs: row['at'] as number })),
  { value: Buffer.from('no Avro'), timestampMs: 15 * minute },
].map((record) => ({ ...record, key: Buffer.from('k') }));

/**
 * The first `failures` commits fail: before the log takes them, or after.
 * @param lateBytesMax of a record of the late topic
 */
async function play(failures: number, isTaken: boolean, lateBytesMax?: number): Promise<LearningRun> {
  const settings = { ...defaultTaskSettings, barrierIntervalMs: 5, checkpointIntervalMs: 0 };
  const run = new LearningRun({
    topology,
    codec,
    control: 'process',
    script: {},
    scoreOf: () => 0.5,
    settings,
  });
  const openWriter = run.log.epochWriter.bind(run.log);
  let left = failures;
  run.log.epochWriter = async (id) => {
    const writer = await openWriter(id);
    const commit = writer.commit.bind(writer);
    const bytesMax: EpochWriter['recordBytesMax'] = writer.recordBytesMax.bind(writer);
    const bounded: EpochWriter = writer;
    bounded.recordBytesMax = (topic) =>
      topic.endsWith('.late') ? (lateBytesMax ?? bytesMax(topic)) : bytesMax(topic);
    writer.commit = async (...epoch) => {
      const fails = left > 0;
      left -= 1;
      if (isTaken || !fails) await commit(...epoch);
      if (fails) throw new MillraceError('LOG_UNAVAILABLE', 'the answer is lost');
    };
    return writer;
  };
  await run.start();
  await run.log.publish('orders', records);
  await run.until(() =>
    run.host.engine.positions().some((at) => Math.min(at.offset, at.committed) === records.length),
  );
  await run.host.stop();
  return run;
}

function counted({ telemetry, host }: LearningRun): object {
  const { stats } = host.engine;
  const metrics = [
    'events_total',
    'predictions_total',
    'prediction_fallbacks_total',
    'dead_letters_total',
    'events_late_total',
    'events_duplicate_total',
    'contract_violations_total',
    'labels_joined_total',
    'labels_unmatched_total',
  ].map((name) => [name, telemetry.counts.get(name) ?? 0]);
  const { events, deadLetters, late, duplicates, predictions, labelsJoined } = stats;
  return { ...Object.fromEntries(metrics), events, deadLetters, late, duplicates, predictions, labelsJoined };
}

const expected = {
  events_total: 9,
  predictions_total: 2,
  prediction_fallbacks_total: 2,
  dead_letters_total: 2,
  events_late_total: 1,
  events_duplicate_total: 1,
  contract_violations_total: 2,
  labels_joined_total: 1,
  labels_unmatched_total: 1,
  events: 9,
  deadLetters: 2,
  late: 1,
  duplicates: 1,
  predictions: 2,
  labelsJoined: 1,
};

await t.test('an undisturbed run', async (t) => {
  t.same(counted(await play(0, false)), expected);
});

await t.test('commits that fail are not counted', async (t) => {
  t.same(counted(await play(3, false)), expected);
});

await t.test('commits whose answer is lost are counted once', async (t) => {
  // Predictions that are read back do not say why they are fallbacks.
  t.same(counted(await play(3, true)), { ...expected, prediction_fallbacks_total: 0 });
});

await t.test('a late event that the late topic does not accept is a dead letter alone', async (t) => {
  const other = { events_late_total: 0, late: 0, dead_letters_total: 3, deadLetters: 3 };
  t.same(counted(await play(0, false, 10)), { ...expected, ...other });
});

await t.test('dead letters are logged with code, count and an example', async (t) => {
  const run = await play(2, false);
  t.equal(run.telemetry.lines.filter((line) => line.includes('dead letters')).length, 2, 'one line a code');
});

await t.test('a code is logged once in an interval, with everything since the line before', (t) => {
  const lines: unknown[] = [];
  let ms = 0;
  const warn = (_what: string, detail: unknown): void => void lines.push(detail);
  const log = new DeadLetterLog({ warn }, 'orders.dead-letters', () => ms);
  const letters = (offset: number, count: number): Parameters<typeof log.add>[0] => ({
    code: 'EVENT_MALFORMED',
    count,
    example: `orders-0-${offset}`,
    message: 'no Avro',
  });
  log.add(letters(1, 10));
  log.add(letters(11, 20));
  log.add({ ...letters(31, 1), code: 'CONTRACT_NULL' });
  t.match(lines, [
    { code: 'EVENT_MALFORMED', count: 10, example: 'orders-0-1', why: 'no Avro' },
    { code: 'CONTRACT_NULL', count: 1 },
  ]);
  ms = DEAD_LETTER_LOG_MS;
  log.add(letters(40, 5));
  t.match(lines[2], { code: 'EVENT_MALFORMED', count: 25, example: 'orders-0-11' });
  log.add(letters(45, 7));
  t.equal(lines.length, 3);
  log.close();
  t.match(lines[3], { count: 7 }, 'the rest is logged at the end');
  t.end();
});
