// A stream through the learning loop (control path): rows are scored, labels come an hour later, and the loop decides each
// boundary, trains and swaps, all by the engine's own code without a log, in aligned mode.
import { OnnxGraphRuntime } from '../../src/adapters/onnx/graph-runtime.ts';
import type { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import { FLAG_FALLBACK, NO_MODEL } from '../../src/core/blocks.ts';
import { MS_PER_HOUR } from '../../src/core/time.ts';
import type { Candidate } from '../../src/learning/candidate.ts';
import { makeCandidate } from '../../src/learning/candidate-job.ts';
import { loadTrainer } from '../../src/learning/load-trainer.ts';
import { taskCalls } from '../../src/learning/task-calls.ts';
import { ControlObservations } from '../../src/operators/observations.ts';
import type { TrainingSet } from '../../src/ports/history.ts';
import type { Scorer } from '../../src/ports/scorer.ts';
import { manifestOf, packUpdate } from '../../src/runtime/models/model-update.ts';
import { LearningLoop } from '../../src/runtime/learning/learning-loop.ts';
import { candidateManifest, candidateRequest } from '../../src/runtime/learning/training-job.ts';
import type { ModelUpdateRecord, RetrainingJobRecord } from '../../src/runtime/records.ts';
import { FakeTelemetry } from '../../src/testing/fakes.ts';
import type { DriftReportRow } from '../../src/core/reports.ts';
import { messageOf } from '../../src/core/errors.ts';
import type { Topology } from '../../src/topology/define.ts';
import type { RetrainingSettings } from '../../src/topology/learning-options.ts';
import type { StreamRows } from './streams.ts';

interface Champion {
  readonly version: string;
  readonly model: Uint8Array;
  readonly newestRowMs: number;
  readonly trainer: Candidate['trainer'];
  readonly scorer: Scorer;
}

export interface Replayed {
  /** NaN before the first model. */
  readonly scores: Float32Array;
  readonly frozen: Float32Array;
  readonly trainings: number;
  readonly promoted: number;
  readonly failed: number;
  readonly trainedRows: number;
  readonly seconds: number;
  /** Rows at which detectors raised an alarm, by detector. */
  readonly alarms: ReadonlyMap<string, readonly number[]>;
  readonly verdicts: readonly string[];
}

export class Replay {
  readonly #rows: StreamRows;
  /** Rows by the time at which their label comes; those that never get one are left out. */
  readonly #labelled: Uint32Array;
  readonly #scorers: OnnxScorers;
  readonly #topology: Topology;
  readonly #loop: LearningLoop;
  readonly #observations: ControlObservations;
  readonly #updates = new Map<string, ModelUpdateRecord>();
  readonly #scores: Float32Array;
  readonly #frozenScores: Float32Array;
  readonly #versions: string[] = [];
  readonly #alarms = new Map<string, number[]>();
  readonly #verdicts: string[] = [];
  #champion: Champion | null = null;
  #frozen: Champion | null = null;
  #trainedRows = 0;
  #failed = 0;
  #promoted = 0;
  #seconds = 0;

  constructor(topology: Topology, rows: StreamRows, scorers: OnnxScorers) {
    const { labelMs, labels } = rows;
    this.#rows = rows;
    this.#scorers = scorers;
    this.#topology = topology;
    this.#labelled = Uint32Array.from(labels, (_, row) => row)
      .filter((row) => Number.isFinite(labelMs[row]))
      .sort((a, b) => (labelMs[a] as number) - (labelMs[b] as number) || a - b);
    this.#observations = new ControlObservations({ topic: topology.name, partition: 0 });
    this.#scores = new Float32Array(labels.length).fill(Number.NaN);
    this.#frozenScores = new Float32Array(labels.length).fill(Number.NaN);
    this.#loop = new LearningLoop({
      topology: this.#topology,
      history: { modelEvents: () => undefined },
      publisher: {
        leads: true,
        publish: async ({ atMs, reports, job }) => {
          this.#noteAlarms(reports, atMs);
          if (job !== null) await this.#train(job);
        },
      },
      telemetry: new FakeTelemetry(),
      nowMs: () => 0,
      outcome: (version) => this.#updates.get(version) ?? null,
      promoted: () => [],
    });
  }

  async run(): Promise<Replayed> {
    const everyMs = this.#topology.control?.everyMs ?? MS_PER_HOUR;
    const { timeMs, labelMs } = this.#rows;
    let joined = 0;
    for (let from = 0; from < timeMs.length;) {
      const atMs = (Math.floor((timeMs[from] as number) / everyMs) + 1) * everyMs;
      let to = from;
      while (to < timeMs.length && (timeMs[to] as number) < atMs) to += 1;
      await this.#score(from, to);
      // A label is an event of its own: it is known at the boundary if it came before.
      let known = joined;
      while (known < this.#labelled.length && (labelMs[this.#labelled[known] as number] as number) < atMs)
        known += 1;
      this.#join(this.#labelled.subarray(joined, known));
      joined = known;
      from = to;
      await this.#loop.decide({ atMs, observations: [this.#observations.drain(true)] });
    }
    await this.#champion?.scorer.close();
    return {
      scores: this.#scores,
      frozen: this.#frozenScores,
      trainings: this.#loop.state.trainings,
      promoted: this.#promoted,
      failed: this.#failed,
      trainedRows: this.#trainedRows,
      seconds: this.#seconds,
      alarms: this.#alarms,
      verdicts: this.#verdicts,
    };
  }

  get #width(): number {
    return this.#topology.features?.features.length ?? 0;
  }

  async #score(from: number, to: number): Promise<void> {
    const width = this.#width;
    const features = this.#rows.features.subarray(from * width, to * width);
    const scores = this.#scores.subarray(from, to);
    const frozen = this.#frozenScores.subarray(from, to);
    const champion = this.#champion;
    await champion?.scorer.run(features, to - from, scores);
    await this.#frozen?.scorer.run(features, to - from, frozen);
    const version = champion?.version ?? NO_MODEL;
    for (let row = from; row < to; row += 1) this.#versions.push(version);
    this.#observations.addPredictions({
      origin: { topic: this.#topology.name, partition: 0 },
      count: to - from,
      offsets: Float64Array.from({ length: to - from }, (_, i) => from + i),
      eventTimeMs: this.#rows.timeMs.subarray(from, to),
      keys: [],
      scores: champion === null ? new Float32Array(to - from).fill(0.5) : scores,
      shadowScores: this.#frozen === null ? null : frozen,
      flags: new Uint8Array(to - from).fill(champion === null ? FLAG_FALLBACK : 0),
      version,
      features,
      width,
      receivedAtMs: 0,
    });
  }

  #join(rows: Uint32Array): void {
    const offsets = Float64Array.from(rows);
    const { timeMs, labelMs, labels } = this.#rows;
    const scores = Float32Array.from(rows, (row) => this.#scores[row] as number);
    this.#observations.addLabels({
      origin: { topic: this.#topology.name, partition: 0 },
      count: rows.length,
      watermarkMs: null,
      predictionOffsets: offsets,
      predictionTimeMs: offsets.map((row) => timeMs[row] as number),
      labelTimeMs: offsets.map((row) => labelMs[row] as number),
      labelOffsets: offsets,
      positions: offsets,
      labels: Float32Array.from(rows, (row) => labels[row] as number),
      scores: scores.map((score) => (Number.isNaN(score) ? 0.5 : score)),
      shadowScores: Float32Array.from(rows, (row) => this.#frozenScores[row] as number),
      flags: Uint8Array.from(scores, (score) => (Number.isNaN(score) ? FLAG_FALLBACK : 0)),
      versions: Array.from(rows, (row) => this.#versions[row] as string),
      keys: [],
    });
  }

  #noteAlarms(reports: readonly DriftReportRow[], atMs: number): void {
    for (const { detector, drifted } of reports) {
      if (detector === 'psi_ks' || !drifted) continue;
      const alarms = this.#alarms.get(detector) ?? [];
      this.#alarms.set(detector, [...alarms, this.#firstFrom(atMs)]);
    }
  }

  /** The first row at an event time or later. */
  #firstFrom(atMs: number): number {
    const row = this.#rows.timeMs.findIndex((timeMs) => timeMs >= atMs);
    return row < 0 ? this.#rows.timeMs.length : row;
  }

  async #train(job: RetrainingJobRecord): Promise<void> {
    const settings = this.#topology.retraining as RetrainingSettings; // it retrains
    const startedMs = performance.now();
    const set = this.#trainingSet(job, settings.rowsMax);
    this.#trainedRows += set.rowCount;
    const champion = job.champion === null ? null : this.#champion;
    try {
      const request = candidateRequest(this.#topology, settings, job, set, champion);
      const parts = {
        load: loadTrainer,
        runtime: new OnnxGraphRuntime(),
        scorers: this.#scorers,
        task: taskCalls(this.#topology.task),
      };
      const candidate = await makeCandidate(request, parts, new AbortController().signal);
      const interval = { fromMs: set.eventTimeMs[0] ?? 0, toMs: set.eventTimeMs.at(-1) ?? 0 };
      const manifest = candidateManifest(this.#topology, settings, job, candidate, interval, 0);
      // The model stays here, as a large one stays in the artifact store: any size will do.
      const update = packUpdate(manifest, Buffer.alloc(0), job.reason, job.atMs);
      this.#verdicts.push(
        `${job.version} at ${this.#firstFrom(job.atMs)} (${job.reason}): ${manifest.status}, ${candidate.why}`,
      );
      if (update.status === 'champion') await this.#promote(candidate);
      this.#ended(update);
    } catch (error) {
      this.#failed += 1;
      this.#verdicts.push(
        `${job.version} at ${this.#firstFrom(job.atMs)} (${job.reason}): failed, ${messageOf(error)}`,
      );
      const { topology, version, atMs } = job;
      const reason = `training failed: ${messageOf(error)}`;
      this.#ended({
        topology,
        version,
        status: 'rejected',
        model: Buffer.alloc(0),
        artifact: null,
        manifest: '',
        reason,
        atMs,
      });
    }
    this.#seconds += (performance.now() - startedMs) / 1_000;
  }

  async #promote({ version, model, newestRowMs, trainer }: Candidate): Promise<void> {
    const scorer = await this.#scorers.load(version, model, this.#width);
    const before = this.#champion;
    this.#champion = { version, model, newestRowMs, trainer, scorer };
    this.#promoted += 1;
    if (this.#frozen === null) this.#frozen = this.#champion;
    else if (before !== null && before !== this.#frozen) await before.scorer.close();
  }

  #ended(update: ModelUpdateRecord): void {
    this.#updates.set(update.version, update);
    this.#loop.updated(update, manifestOf(update));
  }

  /** The newest rows of the job's interval whose labels were known at its boundary. */
  #trainingSet({ fromMs, atMs }: RetrainingJobRecord, rowsMax: number): TrainingSet {
    const { features, labels, timeMs, labelMs } = this.#rows;
    const width = this.#width;
    const isKnown = (row: number): boolean =>
      (timeMs[row] as number) >= fromMs && (labelMs[row] as number) < atMs;
    const rows = this.#labelled.filter(isKnown).sort().slice(-rowsMax);
    const chosen = new Float32Array(rows.length * width);
    for (const [i, row] of rows.entries())
      chosen.set(features.subarray(row * width, (row + 1) * width), i * width);
    return {
      rowCount: rows.length,
      width,
      features: chosen,
      labels: Float32Array.from(rows, (row) => labels[row] as number),
      scores: Float32Array.from(rows, (row) => this.#scores[row] as number),
      eventTimeMs: Float64Array.from(rows, (row) => timeMs[row] as number),
    };
  }
}
