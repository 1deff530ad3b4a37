// In a fleet whose engines all decide the same, each boundary's reports are published once and in order, and its job is
// published: whichever engine leads, is replaced without knowing, fails during a commit, or dies.
import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import { Subject } from 'rxjs';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import type { DriftReportRow } from '../../../src/core/reports.ts';
import type { Assignment, EpochWriter, EventLog } from '../../../src/ports/event-log.ts';
import { BoundaryRecords } from '../../../src/runtime/boundaries/boundary-output.ts';
import { ElectedPublisher } from '../../../src/runtime/boundaries/elected-publisher.ts';
import { lastReported } from '../../../src/runtime/boundaries/last-reported.ts';
import { OwnRecords, unchecked } from '../../../src/runtime/own-records.ts';
import { NO_QUARANTINE } from '../../../src/runtime/quarantine/record-quarantine.ts';
import type { DriftReportRecord, RetrainingJobRecord } from '../../../src/runtime/records.ts';
import { Random } from '../../../src/stats/random.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { MemoryHistory } from '../../support/memory-history.ts';
import { topicSpecs, topicsOf } from '../../../src/topology/topics.ts';
import { forwardingLog } from '../../support/forwarding.ts';
import { ordersTopology } from '../../support/orders.ts';

const ENGINES = 3;
const topology = ordersTopology({});
const topics = topicsOf(topology);
const asJson = { encode: (value: object) => Buffer.from(JSON.stringify(value)) };
const fromJson = { decode: async (value: Buffer) => JSON.parse(value.toString()) as DriftReportRecord };
const report = (toMs: number): DriftReportRow => ({
  topology: 'orders',
  fromMs: toMs - 1,
  toMs,
  version: 'v1',
  feature: 'amount',
  detector: 'psi_ks',
  n: 1,
  psi: null,
  psiThreshold: null,
  ks: null,
  pValue: null,
  pAdjusted: null,
  value: null,
  drifted: false,
});

const job = (atMs: number): RetrainingJobRecord => ({
  topology: 'orders',
  version: `v${atMs}`,
  reason: 'volume',
  atMs,
  fromMs: 0,
  champion: null,
  seed: atMs,
  changeMs: null,
});

/** The outcome of a writer's next commit. */
type Failure = 'none' | 'before' | 'after';
class Member {
  readonly assigned = new Subject<Assignment>();
  readonly history = new MemoryHistory();
  readonly publisher: ElectedPublisher;
  failure: Failure = 'none';
  #revoke = new AbortController();
  #dead = false;
  readonly #random: Random;

  constructor(log: EventLog, seed: number) {
    this.#random = new Random(seed);
    const telemetry = new FakeTelemetry();
    const reports = new OwnRecords(fromJson, unchecked, NO_QUARANTINE);
    const records = new BoundaryRecords({
      topology: 'orders',
      topics,
      jobs: asJson,
      driftReports: asJson,
      history: this.history,
      telemetry,
      nowMs: () => 0,
    });
    this.publisher = new ElectedPublisher({
      groupId: 'millrace.orders.control',
      topic: topics.observations,
      log: forwardingLog(log, {
        subscribe: () => this.assigned,
        epochWriter: async (id) => this.#writer(await log.epochWriter(id)),
      }),
      history: this.history,
      records,
      lastReported: () => lastReported(log, { topic: topics.driftReports, partition: 0 }, reports),
      isDecided: () => false,
      readTo: () => 0,
      snapshots: null,
      telemetry,
      failed: (error) => telemetry.error(error.message),
    });
    this.publisher.start();
  }

  /** It may still serve an earlier term, and may not know that another engine has been elected since. */
  elect(generation: number): void {
    this.#revoke = new AbortController();
    this.assigned.next({
      topic: topics.observations,
      partition: 0,
      generation,
      revoked: this.#revoke.signal,
      rebalancingSinceMs: 0,
      open: () => new Subject(),
      pause: () => undefined,
      resume: () => undefined,
      released: () => undefined,
    });
  }

  hears(): void {
    this.#revoke.abort();
  }

  die(): void {
    this.#dead = true;
    this.#revoke.abort();
  }

  #writer(inner: EpochWriter): EpochWriter {
    return {
      recordBytesMax: (topic) => inner.recordBytesMax(topic),
      append: (...of) => inner.append(...of),
      // A broker may forget the group, or answer before it has loaded it.
      committed: async (...of) => (this.#random.nextInt(4) === 0 ? null : inner.committed(...of)),
      close: () => inner.close(),
      commit: async (...of) => {
        await this.#turns();
        const failure = this.#dead ? 'before' : this.failure;
        this.failure = 'none';
        if (failure !== 'before') await inner.commit(...of);
        await this.#turns();
        if (failure !== 'none') throw new MillraceError('LOG_UNAVAILABLE', 'no answer');
      },
    };
  }

  async #turns(): Promise<void> {
    for (let turns = this.#random.nextInt(6); turns > 0; turns--) await setImmediate();
  }
}

class Fleet {
  readonly log = new EmbeddedLog({ path: null });
  boundaries = 0;
  #members: Member[] = [];
  #generation = 0;
  #leader: Member | null = null;
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  async start(): Promise<void> {
    await this.log.ensureTopics(topicSpecs(topology));
    this.#members = Array.from({ length: ENGINES }, () => new Member(this.log, this.#seed++));
  }

  async boundary(): Promise<void> {
    this.boundaries += 1;
    for (const { publisher } of this.#members) await this.#decide(publisher, this.boundaries);
  }

  async #decide(publisher: ElectedPublisher, atMs: number): Promise<void> {
    await publisher.publish({ atMs, reports: [report(atMs)], metrics: [], job: atMs % 3 ? null : job(atMs) });
  }

  elect(i: number, heard: boolean): void {
    if (heard) this.#leader?.hears();
    this.#leader = this.#members[i] as Member;
    this.#leader.elect(++this.#generation);
  }

  fail(i: number, how: Failure): void {
    (this.#members[i] as Member).failure = how;
  }

  /** Dies and restarts: it decides every boundary again. */
  async replace(i: number): Promise<void> {
    (this.#members[i] as Member).die();
    this.#members[i] = new Member(this.log, this.#seed++);
    await this.again(i, 0);
  }

  /** Its loop goes back to a snapshot, as the observations could not be read, and decides what follows again. */
  async again(i: number, snapshotMs: number): Promise<void> {
    const member = this.#members[i] as Member;
    for (let atMs = snapshotMs; atMs < this.boundaries;) await this.#decide(member.publisher, ++atMs);
  }

  async read<T>(topic: string): Promise<T[]> {
    const [range] = await this.log.offsets(topic);
    const out: T[] = [];
    for await (const raw of this.log.read(topic, 0, 0, range?.high ?? 0)) {
      for (const value of raw.values) out.push(JSON.parse((value as Buffer).toString()) as T);
    }
    return out;
  }

  /** The last leader's history, and the log's topics. */
  async end(): Promise<{ reports: number[]; jobs: number[]; recorded: boolean }> {
    const [member] = this.#members as [Member];
    this.elect(0, true);
    await this.boundary();
    for (;;) {
      const reports = await this.read<DriftReportRow>(topics.driftReports);
      if (reports.at(-1)?.toMs === this.boundaries) break;
      await setImmediate();
    }
    for (const one of this.#members) {
      one.hears();
      await one.publisher.close();
    }
    const reports = await this.read<DriftReportRow>(topics.driftReports);
    const jobs = await this.read<RetrainingJobRecord>(topics.retrainingJobs);
    await this.log.close();
    return {
      reports: reports.map(({ toMs }) => toMs),
      jobs: [...new Set(jobs.map(({ atMs }) => atMs))].sort((a, b) => a - b),
      recorded: member.history.driftRows.some(({ toMs }) => toMs === this.boundaries),
    };
  }
}

t.test('each boundary once', async (t) => {
  const engine = fc.nat(ENGINES - 1);
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant({ kind: 'boundary' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('elect' as const), i: engine, heard: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('replace' as const), i: engine }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('again' as const), i: engine, snapshotMs: fc.nat(10) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('fail' as const),
        i: engine,
        how: fc.constantFrom<Failure>('before', 'after'),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), turns: fc.nat(12) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(), async (steps, seed) => {
      const fleet = new Fleet(seed);
      await fleet.start();
      for (const step of steps) {
        if (step.kind === 'boundary') await fleet.boundary();
        else if (step.kind === 'elect') fleet.elect(step.i, step.heard);
        else if (step.kind === 'fail') fleet.fail(step.i, step.how);
        else if (step.kind === 'replace') await fleet.replace(step.i);
        else if (step.kind === 'again') await fleet.again(step.i, step.snapshotMs);
        else for (let turns = step.turns; turns > 0; turns--) await setImmediate();
      }
      const { reports, jobs, recorded } = await fleet.end();
      const all = Array.from({ length: fleet.boundaries }, (_, at) => at + 1);
      t.same(reports, all);
      t.same(
        jobs,
        all.filter((at) => at % 3 === 0),
      );
      t.ok(recorded, 'history has what the topic has');
      if (!t.passing()) throw new Error('see above');
    }),
    { numRuns: 60, seed: 1, endOnFailure: true },
  );
});
