// Answers of several hops interleave as their epochs are committed, and may be far apart.
import { Subject, type Observable } from 'rxjs';
import t from 'tap';
import type { RawBatch } from '../../../src/core/batch.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { ANSWERS_AHEAD_MAX } from '../../../src/core/answer-limits.ts';
import type { Hop } from '../../../src/operators/hop.ts';
import { AnswersFeed } from '../../../src/runtime/answers/answers-feed.ts';
import { answerRecords } from '../../../src/runtime/answers/answer-record.ts';
import { markedTopic } from '../../../src/runtime/merge/marked-topic.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { randomIntegers } from '../../support/random-integers.ts';

const ORIGIN = { topic: 'payments.answers', partition: 0 };
const TOPIC_ID = 'abc';
const HOPS: Hop[] = ['a', 'b'].map((name, i) => ({
  name,
  key: [name],
  views: [],
  columns: [],
  width: i + 1,
  fingerprint: 10 + i,
  partitions: 2,
}));

/** A log of answers that can be read from any offset; each read delivers one record a turn. */
class AnswersLog {
  readonly values: Array<{ key: Buffer; value: Buffer }> = [];
  reads: Array<number | 'earliest'> = [];
  low = 0;

  add(
    hop: number,
    offsets: readonly number[],
    width = (HOPS[hop] as Hop).width,
    fingerprint = 10 + hop,
    topicId = TOPIC_ID,
  ): void {
    const values = Float32Array.from(
      offsets.flatMap((offset) => Array.from({ length: width }, (_, f) => offset * 10 + f)),
    );
    const answers = { fingerprint, width, offsets: Float64Array.from(offsets), values };
    const name = Buffer.from(markedTopic((HOPS[hop] as Hop).name, topicId));
    for (const { key, value } of answerRecords(name, 0, 0, answers))
      this.values.push({ key: key as Buffer, value: value as Buffer });
  }

  follow = (_: unknown, from: 'earliest' | number): Observable<RawBatch> => {
    this.reads.push(from);
    const batches = new Subject<RawBatch>();
    let at = from === 'earliest' ? this.low : from;
    const next = (): void => {
      if (!batches.observed) return;
      if (at < this.low) return batches.error(new MillraceError('LOG_CHANGED', 'gone'));
      const record = this.values[at];
      if (record !== undefined) batches.next(rawOf(record, at++));
      if (record === undefined) setTimeout(next, 1);
      else setImmediate(next);
    };
    setImmediate(next);
    return batches;
  };
}

function rawOf({ key, value }: { key: Buffer; value: Buffer }, offset: number): RawBatch {
  return {
    origin: ORIGIN,
    count: 1,
    offsets: Float64Array.of(offset),
    timestampMs: Float64Array.of(0),
    keys: ByteColumn.of([key]),
    values: ByteColumn.of([value]),
    offsetNext: offset + 1,
    highWatermark: offset + 1,
    receivedAtMs: 0,
  };
}

function feedOf(
  log: AnswersLog,
  committedOffset = 0,
  answeredTo = 0,
): { feed: AnswersFeed; quarantined: string[] } {
  const quarantined: string[] = [];
  const feed = new AnswersFeed({
    log,
    origin: ORIGIN,
    hops: HOPS,
    topicId: TOPIC_ID,
    committedOffset,
    answeredTo,
    telemetry: new FakeTelemetry(),
    topology: 'payments',
    quarantine: { add: ({ detail }) => void quarantined.push(detail) },
    waits: () => undefined,
    failed: (error) => {
      throw error;
    },
  });
  return { feed, quarantined };
}

function vectorAt(feed: AnswersFeed, hop: number, offset: number): number[] | null {
  const { width } = HOPS[hop] as Hop;
  const out = new Float32Array(width);
  return feed.read(hop, offset, 0, width, out, 0) ? [...out] : null;
}

/** What a batch does. */
async function batch(feed: AnswersFeed, offsets: readonly number[]): Promise<void> {
  feed.passed(offsets[0] as number);
  const waits = HOPS.map(async (_, hop) => feed.ready(hop, Float64Array.from(offsets)));
  await Promise.all(waits);
}

void t.test('a batch gets its answers whatever the order in which they are committed', async (t) => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomIntegers(seed);
    const log = new AnswersLog();
    // Four partitions of hops, each in order, interleaved at random; one may be far ahead.
    const step = seed % 3 === 0 ? ANSWERS_AHEAD_MAX / 10 : 1;
    const left = [0, 1].flatMap((hop) => [0, 1].map((part) => ({ hop, part, next: part })));
    while (left.some(({ next }) => next < 60)) {
      const lane = left[random() % left.length] as (typeof left)[number];
      const rows = 1 + (random() % 5);
      const offsets = Array.from({ length: rows }, (_, i) => lane.next + 2 * i).filter(
        (offset) => offset < 60,
      );
      lane.next += 2 * rows;
      if (offsets.length > 0)
        log.add(
          lane.hop,
          offsets.map((offset) => offset * step),
        );
    }
    let position: number | null = null;
    let { feed } = feedOf(log);
    for (let at = 0; at < 60; at += 6) {
      const offsets = Array.from({ length: 6 }, (_, i) => (at + i) * step);
      await batch(feed, offsets);
      for (const offset of offsets) {
        if (vectorAt(feed, 0, offset)?.[0] !== Math.fround(offset * 10))
          t.fail(`seed ${seed}: hop a at ${offset}`);
        if (vectorAt(feed, 1, offset)?.[1] !== Math.fround(offset * 10 + 1))
          t.fail(`seed ${seed}: hop b at ${offset}`);
      }
      // A restart reads from the position of its checkpoint.
      if (random() % 3 === 0) {
        position = feed.position((at + 6) * step);
        feed.close();
        ({ feed } = feedOf(log));
        feed.seek(position);
      }
    }
    feed.close();
  }
  t.pass('30 orders');
});

void t.test('answers far ahead are left out, and read again', async (t) => {
  const log = new AnswersLog();
  for (let i = 0; i < 40; i++) log.add(0, [i * ANSWERS_AHEAD_MAX]);
  for (let i = 0; i < 40; i++) log.add(1, [i * ANSWERS_AHEAD_MAX]);
  const { feed } = feedOf(log);
  for (let i = 0; i < 40; i++) {
    await batch(feed, [i * ANSWERS_AHEAD_MAX]);
    t.ok(
      vectorAt(feed, 0, i * ANSWERS_AHEAD_MAX) !== null && vectorAt(feed, 1, i * ANSWERS_AHEAD_MAX) !== null,
    );
  }
  feed.close();
});

void t.test('answers that cannot be had', async (t) => {
  const log = new AnswersLog();
  log.add(0, [1, 2]);
  log.add(1, [1], 0); // an event that a part has set aside
  log.add(1, [2], 2, 99); // of another declaration
  log.values.push({ key: Buffer.from('a@abc'), value: Buffer.from('nonsense') });
  log.values.push({ key: Buffer.from('of another plan'), value: Buffer.from('nonsense') });
  log.add(1, [3]);
  const { feed, quarantined } = feedOf(log, 4, log.values.length);
  await batch(feed, [1, 2, 3]);
  t.same(
    [1, 2, 3].map((offset) => vectorAt(feed, 0, offset)),
    [[10], [20], null],
    'an earlier run had 3: it is gone',
  );
  t.same(
    [1, 2, 3].map((offset) => vectorAt(feed, 1, offset)),
    [null, null, [30, 31]],
  );
  t.same(quarantined, ['it has 8 bytes']);
  feed.close();
});

void t.test(
  'records that the log has deleted are skipped, and a closed feed waits for nothing',
  async (t) => {
    const log = new AnswersLog();
    for (let i = 0; i < 4; i++) log.add(0, [i]);
    for (let i = 0; i < 4; i++) log.add(1, [i]);
    log.low = 2;
    const { feed } = feedOf(log);
    feed.seek(1);
    await batch(feed, [2, 3]);
    t.same([vectorAt(feed, 0, 3), vectorAt(feed, 1, 2)], [[30], [20, 21]]);
    t.same(log.reads, [1, 'earliest']);
    const waiting = batch(feed, [9]);
    feed.close();
    await waiting;
    t.equal(feed.ready(0, Float64Array.of(10)), undefined);
  },
);

void t.test('answers to the events of an earlier topic of the name are none', async (t) => {
  const log = new AnswersLog();
  for (const hop of [0, 1]) log.add(hop, [0, 1], undefined, undefined, 'earlier');
  const { feed, quarantined } = feedOf(log);
  const waits = batch(feed, [0]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(vectorAt(feed, 0, 0), null);
  for (const hop of [0, 1]) log.add(hop, [0]);
  await waits;
  t.same(vectorAt(feed, 0, 0), [0]);
  t.same(quarantined, []);
  feed.close();
});
