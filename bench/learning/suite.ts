// The learning loop with its default settings on streams whose concept changes (control path), beside other learners on the
// same rows and label delay.
import { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import { table } from '../figures.ts';
import type { SuiteResult } from '../suite.ts';
import { blocksOf, qualityFrom, recorded, type Quality, type Recorded } from './figures.ts';
import { Replay, type Replayed } from './replayed.ts';
import { flightsStream } from './flights-stream.ts';
import { rowsOf, STREAMS, type LearningStream } from './streams.ts';
import { streamTopology } from './topology.ts';

export interface StreamFigures {
  readonly stream: string;
  readonly task: 'binary' | 'regression';
  /** Rows before it are not judged: there was no model yet. */
  readonly judgedFrom: number;
  readonly quality: Readonly<Record<string, Quality>>;
  readonly trainings: Omit<Replayed, 'scores' | 'frozen' | 'alarms'>;
  /** Rows between a change and the first alarm behind it, by detector; null if there is none. */
  readonly delays: Readonly<Record<string, ReadonlyArray<number | null>>>;
  /** Alarms without a change before them since the last alarm. */
  readonly falseAlarms: Readonly<Record<string, number>>;
}

const LEARNERS = {
  binary: ['ARF', 'SRP', 'HAT', 'logistic', 'LightGBM', 'noChange', 'majority'],
  regression: ['ARF', 'SRP', 'HAT', 'linear', 'LightGBM', 'noChange', 'mean'],
};

/** First alarms behind each change, and alarms that no change precedes since the one before. */
function judged(alarms: readonly number[], changes: readonly number[]): [Array<number | null>, number] {
  const first = changes.map((change, i) => {
    const until = changes[i + 1] ?? Number.POSITIVE_INFINITY;
    return alarms.find((row) => row > change && row <= until) ?? null;
  });
  const found = new Set(first);
  return [
    first.map((row, i) => (row === null ? null : row - (changes[i] as number))),
    alarms.filter((row) => !found.has(row)).length,
  ];
}

function figuresOf(
  spec: LearningStream,
  replayed: Replayed,
  labels: Float32Array,
  { block, streams }: Recorded,
): StreamFigures {
  const { task = 'binary' } = spec;
  const firstScored = replayed.scores.findIndex((score) => !Number.isNaN(score));
  const from = firstScored < 0 ? 0 : Math.ceil(firstScored / block);
  const quality: Record<string, Quality> = {};
  const own = { loop: replayed.scores, frozen: replayed.frozen };
  for (const [name, scores] of Object.entries(own))
    quality[name] = qualityFrom(blocksOf(scores, labels, block, task), from, block);
  const others = streams[spec.name]?.learners ?? {};
  for (const name of LEARNERS[task]) {
    const blocks = others[name];
    if (blocks !== undefined) quality[name] = qualityFrom(blocks, from, block);
  }
  const delays: Record<string, Array<number | null>> = {};
  const falseAlarms: Record<string, number> = {};
  for (const [detector, alarms] of replayed.alarms)
    [delays[detector], falseAlarms[detector]] = judged(alarms, spec.changes);
  const { scores: _scores, frozen: _frozen, alarms: _alarms, ...trainings } = replayed;
  return { stream: spec.name, task, judgedFrom: from * block, quality, trainings, delays, falseAlarms };
}

/** Empty if no stream has the task. */
function qualityTable(
  all: readonly StreamFigures[],
  task: StreamFigures['task'],
  title: string,
  of: (quality: Quality) => number,
): string {
  const figures = all.filter((one) => one.task === task);
  if (figures.length === 0) return '';
  const names = ['loop', 'frozen', ...LEARNERS[task]];
  const rows = figures.map(({ stream, judgedFrom, quality }) => {
    const cells = names.map((name) => {
      const each = quality[name];
      return each === undefined ? '-' : of(each).toFixed(4);
    });
    return [stream, String(judgedFrom), ...cells];
  });
  return `${title}\n${table(['stream', 'from row', ...names], rows)}\n`;
}

function trainingTable(figures: readonly StreamFigures[]): string {
  const rows = figures.map(({ stream, trainings, delays, falseAlarms }) => {
    const { trainings: count, promoted, failed, trainedRows, seconds } = trainings;
    const watched = Object.keys(delays).map((name) => {
      const each = delays[name]?.map((delay) => delay ?? '-').join(' ') ?? '';
      return `${name} ${each === '' ? '' : `${each}, `}${falseAlarms[name]} more`;
    });
    return [
      stream,
      ...[count, promoted, failed, trainedRows].map(String),
      seconds.toFixed(1),
      watched.join('; '),
    ];
  });
  const head = [
    'stream',
    'trainings',
    'promoted',
    'failed',
    'rows',
    'seconds',
    'alarms, rows behind a change',
  ];
  return table(head, rows);
}

const GENERATED: readonly LearningStream[] = STREAMS.map((spec) => ({
  ...spec,
  topology: () => streamTopology(spec),
  rows: async () => rowsOf(spec),
}));

export const LEARNING_STREAMS: readonly LearningStream[] = [...GENERATED, flightsStream];

export async function learning(streams: readonly LearningStream[] = LEARNING_STREAMS): Promise<SuiteResult> {
  const known = await recorded();
  const scorers = await OnnxScorers.open({ providers: ['cpu'], inlineMsMax: Number.POSITIVE_INFINITY });
  const figures: StreamFigures[] = [];
  try {
    for (const stream of streams) {
      const rows = await stream.rows();
      const replayed = await new Replay(stream.topology(), rows, scorers).run();
      figures.push(figuresOf(stream, replayed, rows.labels, known));
    }
  } finally {
    await scorers.close();
  }
  const text = [
    qualityTable(figures, 'binary', 'accuracy', ({ first }) => first),
    qualityTable(figures, 'binary', 'log loss', ({ second }) => second),
    qualityTable(figures, 'regression', 'mean absolute error', ({ first }) => first),
    qualityTable(figures, 'regression', 'root mean squared error', ({ second }) => Math.sqrt(second)),
    trainingTable(figures),
  ]
    .filter((part) => part !== '')
    .join('\n');
  return { figures: { versions: known.versions, streams: figures }, text };
}
