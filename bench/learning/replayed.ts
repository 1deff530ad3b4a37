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
import type { RetrainingSettings } from '../../src/topology/learning-options.ts';
import type { StreamRows, StreamSpec } from './streams.ts';
import { streamTopology } from './topology.ts';

export const ROW_MS = 300_000;
export const DELAY_ROWS: number = MS_PER_HOUR / ROW_MS;

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
  readonly #spec: StreamSpec;
  readonly #rows: StreamRows;
  readonly #scorers: OnnxScorers;
  readonly #topology: ReturnType<typeof streamTopology>;
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

  constructor(spec: StreamSpec, rows: StreamRows, scorers: OnnxScorers) {
    this.#spec = spec;
    this.#rows = rows;
    this.#scorers = scorers;
    this.#topology = streamTopology(spec);
    this.#observations = new ControlObservations({ topic: spec.name, partition: 0 });
    this.#scores = new Float32Array(spec.rows).fill(Number.NaN);
    this.#frozenScores = new Float32Array(spec.rows).fill(Number.NaN);
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
    const { rows } = this.#spec;
    let joined = 0;
    for (let from = 0; from < rows;) {
      const atMs = (Math.floor((from * ROW_MS) / everyMs) + 1) * everyMs;
      const to = Math.min(rows, Math.ceil(atMs / ROW_MS));
      await this.#score(from, to);
      // A label is an event of its own: it is known at the boundary if it came before.
      const known = Math.max(0, Math.min(rows, Math.ceil(atMs / ROW_MS) - DELAY_ROWS));
      this.#join(joined, known);
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

  async #score(from: number, to: number): Promise<void> {
    const { features: width, name } = this.#spec;
    const features = this.#rows.features.subarray(from * width, to * width);
    const scores = this.#scores.subarray(from, to);
    const frozen = this.#frozenScores.subarray(from, to);
    const champion = this.#champion;
    await champion?.scorer.run(features, to - from, scores);
    await this.#frozen?.scorer.run(features, to - from, frozen);
    const version = champion?.version ?? NO_MODEL;
    for (let row = from; row < to; row += 1) this.#versions.push(version);
    this.#observations.addPredictions({
      origin: { topic: name, partition: 0 },
      count: to - from,
      offsets: Float64Array.from({ length: to - from }, (_, i) => from + i),
      eventTimeMs: Float64Array.from({ length: to - from }, (_, i) => (from + i) * ROW_MS),
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

  #join(from: number, to: number): void {
    const rows = Float64Array.from({ length: to - from }, (_, i) => from + i);
    const times = rows.map((row) => row * ROW_MS);
    const scores = this.#scores.slice(from, to);
    this.#observations.addLabels({
      origin: { topic: this.#spec.name, partition: 0 },
      count: to - from,
      watermarkMs: null,
      predictionOffsets: rows,
      predictionTimeMs: times,
      labelTimeMs: times.map((time) => time + DELAY_ROWS * ROW_MS),
      labelOffsets: rows,
      positions: rows,
      labels: this.#rows.labels.slice(from, to),
      scores: scores.map((score) => (Number.isNaN(score) ? 0.5 : score)),
      shadowScores: this.#frozenScores.slice(from, to),
      flags: Uint8Array.from(scores, (score) => (Number.isNaN(score) ? FLAG_FALLBACK : 0)),
      versions: this.#versions.slice(from, to),
      keys: [],
    });
  }

  #noteAlarms(reports: readonly DriftReportRow[], atMs: number): void {
    for (const { detector, drifted } of reports) {
      if (detector === 'psi_ks' || !drifted) continue;
      const alarms = this.#alarms.get(detector) ?? [];
      this.#alarms.set(detector, [...alarms, Math.round(atMs / ROW_MS)]);
    }
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
      const update = packUpdate(manifest, candidate.model, job.reason, job.atMs);
      this.#verdicts.push(
        `${job.version} at ${job.atMs / ROW_MS} (${job.reason}): ${manifest.status}, ${candidate.why}`,
      );
      if (update.status === 'champion') await this.#promote(candidate);
      this.#ended(update);
    } catch (error) {
      this.#failed += 1;
      this.#verdicts.push(
        `${job.version} at ${job.atMs / ROW_MS} (${job.reason}): failed, ${messageOf(error)}`,
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
    const scorer = await this.#scorers.load(version, model, this.#spec.features);
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

  #trainingSet({ fromMs, atMs }: RetrainingJobRecord, rowsMax: number): TrainingSet {
    const known = Math.ceil(atMs / ROW_MS) - DELAY_ROWS;
    const from = Math.max(0, Math.ceil(fromMs / ROW_MS), known - rowsMax);
    const { features: width } = this.#spec;
    return {
      rowCount: known - from,
      width,
      features: this.#rows.features.slice(from * width, known * width),
      labels: this.#rows.labels.slice(from, known),
      scores: this.#scores.slice(from, known),
      eventTimeMs: Float64Array.from({ length: known - from }, (_, i) => (from + i) * ROW_MS),
    };
  }
}
