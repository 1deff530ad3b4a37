// Of a fleet whose engines all find the same, each boundary is reported once, whoever leads and dies when.
import * as fc from 'fast-check';
import t from 'tap';
import type { DriftReportRow } from '../../src/core/reports.ts';
import { DriftReporter } from '../../src/runtime/drift-reporter.ts';

const ENGINES = 3;
const rowsAt = (toMs: number): DriftReportRow[] => [
  {
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
  },
];

/** A fleet over one topic; an engine that is replaced begins anew and meets every boundary again. */
class Fleet {
  readonly topic: number[] = [];
  leader = 0;
  boundaries = 0;
  readonly #engines: DriftReporter[] = Array.from({ length: ENGINES }, (_, i) => this.#engine(i));

  #engine(i: number): DriftReporter {
    return new DriftReporter({
      leads: () => this.leader === i,
      isElected: true,
      report: async ([row]) => void this.topic.push((row as DriftReportRow).toMs),
    });
  }

  /** The election, and what is read from the topic, are over when the leader hears of it. */
  async elect(i: number): Promise<void> {
    this.leader = i;
    await this.#engines[i]?.elected(this.topic.at(-1) ?? Number.NEGATIVE_INFINITY);
  }

  async boundary(of: readonly number[]): Promise<void> {
    this.boundaries += 1;
    for (const i of of) await this.#engines[i]?.take(this.boundaries, rowsAt(this.boundaries));
  }

  async replace(i: number): Promise<void> {
    if (this.leader === i) this.leader = -1;
    this.#engines[i] = this.#engine(i);
    // It leads before it has heard how far the one before it came.
    if (this.leader === -1) this.leader = i;
    for (let atMs = 1; atMs <= this.boundaries; atMs++) await this.#engines[i]?.take(atMs, rowsAt(atMs));
  }
}

t.test('whoever leads', async (t) => {
  const engine = fc.nat(ENGINES - 1);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ kind: 'boundary' as const, i: 0 }) },
    { weight: 1, arbitrary: engine.map((i) => ({ kind: 'replace' as const, i })) },
    { weight: 1, arbitrary: engine.map((i) => ({ kind: 'elect' as const, i })) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const fleet = new Fleet();
      await fleet.elect(0);
      for (const { kind, i } of steps) {
        if (kind === 'boundary') await fleet.boundary([0, 1, 2]);
        else if (kind === 'replace') await fleet.replace(i);
        else await fleet.elect(i);
      }
      await fleet.elect(1);
      t.same(
        fleet.topic,
        Array.from({ length: fleet.boundaries }, (_, at) => at + 1),
      );
      if (!t.passing()) throw new Error('see above');
    }),
    { numRuns: 200, seed: 1, endOnFailure: true },
  );
});

t.test('an engine that is alone reports at once', async (t) => {
  const topic: number[] = [];
  const alone = new DriftReporter({
    leads: () => true,
    isElected: false,
    report: async ([row]) => void topic.push((row as DriftReportRow).toMs),
  });
  await alone.take(1, rowsAt(1));
  await alone.take(2, []);
  await alone.take(3, rowsAt(3));
  t.same(topic, [1, 3]);
});
