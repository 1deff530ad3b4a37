// Each trainer beside LightGBM (control path): loss on rows that are new, and seconds of processor, on the flights' logged
// vectors and on data sets that scikit-learn ships.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OnnxGraphRuntime } from '../../src/adapters/onnx/graph-runtime.ts';
import { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import { messageOf } from '../../src/core/errors.ts';
import { gbdt, logistic, mlp, type Trainer } from '../../src/index.ts';
import { loadTrainer } from '../../src/learning/load-trainer.ts';
import { scoreRows } from '../../src/learning/score-rows.ts';
import { logLoss } from '../../src/stats/log-loss.ts';
import { table } from '../figures.ts';
import { flightsVectors } from '../jobs/flights.ts';
import type { SuiteResult } from '../suite.ts';
import { DataSet, writeLogged, type DataSetSpec, type Fold } from './data-set.ts';

const TRAINERS: readonly Trainer[] = [mlp(), logistic(), gbdt()];
const FLIGHT_EVENTS = 400_000;
const SEED = 1;

interface Figures {
  /** Mean log loss, or mean square of the error. */
  readonly loss: number;
  /** Of processor, all fits together. */
  readonly seconds: number;
}

interface PeerFigures {
  readonly lightgbm: string;
  readonly figures: ReadonlyArray<Figures & { readonly name: string }>;
}

/** Null where Python or its packages are missing. */
async function peerFigures(folder: string): Promise<PeerFigures | null> {
  const python = process.env['MILLRACE_BENCH_PYTHON'] ?? 'python3';
  const script = fileURLToPath(new URL('./peer.py', import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(python, [script, folder], { maxBuffer: 2 ** 24 });
    return JSON.parse(stdout) as PeerFigures; // as peer.py prints it
  } catch (error) {
    process.stderr.write(`bench: no figures of LightGBM: ${messageOf(error).slice(0, 2_000)}\n`);
    return null;
  }
}

class Fitting {
  readonly #scorers: OnnxScorers;

  constructor(scorers: OnnxScorers) {
    this.#scorers = scorers;
  }

  async figures(trainer: Trainer, set: DataSet): Promise<Figures> {
    let loss = 0;
    let count = 0;
    let seconds = 0;
    for (const fold of set.spec.folds) {
      const before = process.cpuUsage();
      const model = await this.#fit(trainer, set, fold);
      const { user, system } = process.cpuUsage(before);
      seconds += (user + system) / 1e6;
      const test = set.rows(fold.test);
      const scores = await scoreRows(this.#scorers, model, test);
      for (const [i, score] of scores.entries()) loss += lossOf(set.spec, score, test.labels[i] as number);
      count += test.rowCount;
    }
    return { loss: loss / count, seconds };
  }

  async #fit(trainer: Trainer, set: DataSet, fold: Fold): Promise<Uint8Array> {
    const bounds = set.spec.task === 'binary' ? { low: 0, high: 1 } : { low: -Infinity, high: Infinity };
    const module = await loadTrainer(trainer);
    const { model } = await module.fit({
      task: { name: set.spec.task, output: bounds },
      features: set.spec.features,
      params: trainer.params,
      champion: null,
      rows: set.rows(fold.fit),
      trainCount: fold.train,
      seed: SEED,
      runtime: new OnnxGraphRuntime(),
      signal: new AbortController().signal,
    });
    return model;
  }
}

function lossOf({ task }: DataSetSpec, score: number, label: number): number {
  return task === 'binary' ? logLoss(score, label) : (score - label) ** 2;
}

type Row = Readonly<Record<string, Figures | null>>;

async function rowsOf(folder: string, peer: PeerFigures | null): Promise<Record<string, Row>> {
  const fitting = new Fitting(
    await OnnxScorers.open({ providers: ['cpu'], inlineMsMax: Number.POSITIVE_INFINITY }),
  );
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).toSorted();
  const rows: Record<string, Row> = {};
  for (const file of files) {
    const set = await DataSet.read(folder, file);
    const { name, task } = set.spec;
    const row: Record<string, Figures | null> = {};
    for (const trainer of TRAINERS)
      row[trainer.name] = trainer.tasks.includes(task) ? await fitting.figures(trainer, set) : null;
    row['LightGBM'] = peer?.figures.find((each) => each.name === name) ?? null;
    rows[name] = row;
  }
  return rows;
}

function tableOf(rows: Readonly<Record<string, Row>>, of: (figures: Figures) => string): string {
  const names = [...TRAINERS.map(({ name }) => name), 'LightGBM'];
  return table(
    ['data set', ...names],
    Object.entries(rows).map(([set, row]) => [
      set,
      ...names.map((name) => {
        const figures = row[name] ?? null;
        return figures === null ? '-' : of(figures);
      }),
    ]),
  );
}

export async function trainers(): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-trainers-'));
  try {
    const { features, set } = await flightsVectors(FLIGHT_EVENTS);
    await writeLogged(folder, 'flights', features, set);
    const peer = await peerFigures(folder);
    const sets = await rowsOf(folder, peer);
    const text = [
      'loss: log loss, or mean square of the error',
      tableOf(sets, ({ loss }) => loss.toPrecision(4)),
      '\nseconds of processor',
      tableOf(sets, ({ seconds }) => seconds.toFixed(2)),
    ].join('\n');
    return { figures: { lightgbm: peer?.lightgbm ?? null, sets }, text };
  } finally {
    await rm(folder, { recursive: true });
  }
}
