// The model of the flights job (control path): trained on the demo's first weeks exactly as the demo trains its first,
// then kept in bench/out, so that one machine always scores with the same file.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { OnnxGraphRuntime } from '../../src/adapters/onnx/graph-runtime.ts';
import { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import type { LabelBlock, PredictionBlock } from '../../src/core/blocks.ts';
import type { RetrainingSettings, Topology } from '../../src/index.ts';
import { makeCandidate } from '../../src/learning/candidate-job.ts';
import { loadTrainer } from '../../src/learning/load-trainer.ts';
import { taskCalls, taskFacts } from '../../src/learning/task-calls.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import type { TrainingSet } from '../../src/ports/history.ts';
import { openEngine } from '../engine/open.ts';
import type { SinkDefinition } from '../../src/ports/sink.ts';
import { liveSink } from '../../src/runtime/commit/live-sink.ts';

export const TRAINING_EVENTS = 45_000;
const ROWS_MIN = 8_000;
const WAIT_MS = 20;

export interface LoggedVectors extends TrainingSet {
  /** Event time of each label, ms. */
  readonly labelMs: Float64Array;
}

/** Vectors by where their event stood, and labels as they are joined to them. */
class Examples {
  readonly #vectors = new Map<string, Float32Array>();
  readonly #rows: Array<{
    vector: Float32Array;
    label: number;
    score: number;
    timeMs: number;
    labelMs: number;
  }> = [];

  predictions(block: PredictionBlock): void {
    for (let i = 0; i < block.count; i++) {
      const vector = block.features.slice(i * block.width, (i + 1) * block.width);
      this.#vectors.set(`${block.origin.partition}-${block.offsets[i]}`, vector);
    }
  }

  labels(block: LabelBlock): void {
    for (let i = 0; i < block.count; i++) {
      const label = block.labels[i] as number;
      const vector = this.#vectors.get(`${block.origin.partition}-${block.predictionOffsets[i]}`);
      if (vector === undefined || Number.isNaN(label)) continue;
      const timeMs = block.predictionTimeMs[i] as number;
      const labelMs = block.labelTimeMs[i] as number;
      this.#rows.push({ vector, label, score: block.scores[i] as number, timeMs, labelMs });
    }
  }

  sink(): SinkDefinition {
    return liveSink(
      'examples',
      (block) => this.predictions(block),
      (block) => this.labels(block),
    );
  }

  trainingSet(width: number): LoggedVectors {
    const rows = this.#rows.sort((a, b) => a.timeMs - b.timeMs);
    const features = new Float32Array(rows.length * width);
    for (const [i, { vector }] of rows.entries()) features.set(vector, i * width);
    return {
      rowCount: rows.length,
      width,
      features,
      labels: Float32Array.from(rows, ({ label }) => label),
      scores: Float32Array.from(rows, ({ score }) => score),
      eventTimeMs: Float64Array.from(rows, ({ timeMs }) => timeMs),
      labelMs: Float64Array.from(rows, ({ labelMs }) => labelMs),
    };
  }
}

/** Vectors that the topology logs of its events, with their labels. */
export async function loggedVectors(
  topology: Topology,
  records: readonly LogRecord[],
): Promise<LoggedVectors> {
  const examples = new Examples();
  const place = { brokers: null, redisUrl: null, stateFile: ':memory:' };
  const bench = await openEngine(place, topology, null, [examples.sink()]);
  try {
    await bench.log.publish(topology.source.topic, records);
    while (bench.engine.stats.events < records.length) await new Promise((done) => setTimeout(done, WAIT_MS));
  } finally {
    await bench.close();
  }
  const set = examples.trainingSet(topology.features?.features.length ?? 0);
  if (set.rowCount < ROWS_MIN) throw new Error(`only ${set.rowCount} labelled flights to train on`);
  return set;
}

async function train(
  topology: Topology,
  settings: RetrainingSettings,
  records: readonly LogRecord[],
): Promise<Uint8Array> {
  const trainingSet = await loggedVectors(topology, records);
  const scorers = await OnnxScorers.open({ providers: ['cpu'], inlineMsMax: Number.POSITIVE_INFINITY });
  try {
    const parts = {
      load: loadTrainer,
      runtime: new OnnxGraphRuntime(),
      scorers,
      task: taskCalls(topology.task),
    };
    const request = {
      ...settings,
      topology: topology.name,
      version: 'bench',
      task: taskFacts(topology.task),
      features: topology.features?.features ?? [],
      trainingSet,
      champion: null,
      changeMs: null,
      sampling: null,
    };
    const { model } = await makeCandidate(request, parts, new AbortController().signal);
    return model;
  } finally {
    await scorers.close();
  }
}

/** @param records the job's first TRAINING_EVENTS; asked for only where there is no file yet */
export async function trainedModel(
  topology: Topology,
  settings: RetrainingSettings | undefined,
  records: () => Promise<readonly LogRecord[]>,
): Promise<Uint8Array> {
  if (settings === undefined) throw new Error('the demo no longer says how it trains');
  const form = JSON.stringify([topology.features?.features, settings.trainers, settings.seed]);
  const name = createHash('sha256').update(form).digest('hex').slice(0, 12);
  const folder = fileURLToPath(new URL('../out/', import.meta.url));
  const file = `${folder}flights-${name}.onnx`;
  try {
    return await readFile(file);
  } catch {
    const model = await train(topology, settings, await records());
    await mkdir(folder, { recursive: true });
    await writeFile(file, model);
    return model;
  }
}
