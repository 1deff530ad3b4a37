// What calibration gains and loses (control path): log loss of rows to test, of models that scikit-learn and LightGBM fit to many data
// sets, with the map that their validation rows call for, and without it.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mapped } from '../../src/learning/calibration/calibration.ts';
import { chooseCalibration } from '../../src/learning/calibration/choose-calibration.ts';
import { logLoss } from '../../src/stats/log-loss.ts';
import { table } from '../figures.ts';
import type { SuiteResult } from '../suite.ts';

interface Part {
  readonly scores: readonly number[];
  readonly labels: readonly number[];
}

/** As scores.py writes it. */
interface ScoredFit {
  readonly task: string;
  readonly data: string;
  readonly model: string;
  readonly outputs: number;
  readonly validation: Part;
  readonly test: Part;
}

interface Outcome {
  readonly task: string;
  readonly data: string;
  readonly model: string;
  /** Null: the scores stay as they are. */
  readonly map: string | null;
  readonly before: number;
  readonly after: number;
}

function meanLoss(scores: Float32Array, labels: readonly number[], outputs: number): number {
  const sum = labels.reduce(
    (all, label, row) =>
      all +
      (outputs === 1
        ? logLoss(scores[row] as number, label)
        : logLoss(scores[row * outputs + label] as number, 1)),
    0,
  );
  return sum / labels.length;
}

function outcomeOf({ task, data, model, outputs, validation, test }: ScoredFit): Outcome {
  const [scores, labels] = [Float32Array.from(validation.scores), Float32Array.from(validation.labels)];
  const map = chooseCalibration(scores, labels, outputs);
  const tested = Float32Array.from(test.scores);
  const before = meanLoss(tested, test.labels, outputs);
  const after = map === null ? before : meanLoss(mapped(map, tested, outputs), test.labels, outputs);
  return { task, data, model, map: map?.kind ?? null, before, after };
}

function rowOf(title: string, outcomes: readonly Outcome[]): string[] {
  const mean = (of: (outcome: Outcome) => number): string =>
    (outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length).toFixed(4);
  const worst = Math.max(0, ...outcomes.map(({ before, after }) => after - before));
  const count = (is: (outcome: Outcome) => boolean): string => String(outcomes.filter(is).length);
  return [
    title,
    String(outcomes.length),
    count(({ map }) => map !== null),
    mean(({ before }) => before),
    mean(({ after }) => after),
    count(({ before, after }) => after > before),
    worst.toFixed(4),
  ];
}

/** @throws where Python or its packages are missing */
export async function calibration(): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-calibration-'));
  try {
    const python = process.env['MILLRACE_BENCH_PYTHON'] ?? 'python3';
    await promisify(execFile)(python, [fileURLToPath(new URL('./scores.py', import.meta.url)), folder]);
    const outcomes: Outcome[] = [];
    for (const file of (await readdir(folder)).toSorted())
      outcomes.push(outcomeOf(JSON.parse(await readFile(join(folder, file), 'utf8')) as ScoredFit)); // the bench's own files
    const rows = ['binary', 'multiclass'].flatMap((task) => {
      const own = outcomes.filter((outcome) => outcome.task === task);
      const models = [...new Set(own.map(({ model }) => model))];
      return [
        ...models.map((model) =>
          rowOf(
            `${task}: ${model}`,
            own.filter((outcome) => outcome.model === model),
          ),
        ),
        rowOf(`${task}: all`, own),
      ];
    });
    const text = table(['models', 'fits', 'mapped', 'log loss', 'with the map', 'worse', 'by at most'], rows);
    return { figures: { outcomes }, text };
  } finally {
    await rm(folder, { recursive: true });
  }
}
