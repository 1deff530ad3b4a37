// The learning loop with its default settings on streams whose concept changes (control path), beside other learners on the
// same rows and label delay.
import { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import { table } from '../figures.ts';
import type { SuiteResult } from '../suite.ts';
import { blocksOf, qualityFrom, recorded, type Quality, type Recorded } from './figures.ts';
import { Replay, type Replayed } from './replayed.ts';
import { rowsOf, STREAMS, type StreamSpec } from './streams.ts';
import { streamTopology } from './topology.ts';

export interface StreamFigures {
  readonly stream: string;
  /** Rows before it are not judged: there was no model yet. */
  readonly judgedFrom: number;
  readonly quality: Readonly<Record<string, Quality>>;
  readonly trainings: Omit<Replayed, 'scores' | 'frozen' | 'alarms'>;
  /** Rows between a change and the first alarm behind it, by detector; null if there is none. */
  readonly delays: Readonly<Record<string, ReadonlyArray<number | null>>>;
  /** Alarms without a change before them since the last alarm. */
  readonly falseAlarms: Readonly<Record<string, number>>;
}

const LEARNERS = ['ARF', 'SRP', 'HAT', 'logistic', 'LightGBM', 'noChange', 'majority'];

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
  spec: StreamSpec,
  replayed: Replayed,
  labels: Float32Array,
  { block, streams }: Recorded,
): StreamFigures {
  const firstScored = replayed.scores.findIndex((score) => !Number.isNaN(score));
  const from = firstScored < 0 ? 0 : Math.ceil(firstScored / block);
  const quality: Record<string, Quality> = {};
  const own = { loop: replayed.scores, frozen: replayed.frozen };
  for (const [name, scores] of Object.entries(own))
    quality[name] = qualityFrom(blocksOf(scores, labels, block), from, block);
  const others = streams[spec.name]?.learners ?? {};
  for (const name of LEARNERS) {
    const blocks = others[name];
    if (blocks !== undefined) quality[name] = qualityFrom(blocks, from, block);
  }
  const delays: Record<string, Array<number | null>> = {};
  const falseAlarms: Record<string, number> = {};
  for (const [detector, alarms] of replayed.alarms)
    [delays[detector], falseAlarms[detector]] = judged(alarms, spec.changes);
  const { scores: _scores, frozen: _frozen, alarms: _alarms, ...trainings } = replayed;
  return { stream: spec.name, judgedFrom: from * block, quality, trainings, delays, falseAlarms };
}

function qualityTable(figures: readonly StreamFigures[], of: (quality: Quality) => number): string {
  const names = ['loop', 'frozen', ...LEARNERS];
  const rows = figures.map(({ stream, judgedFrom, quality }) => {
    const cells = names.map((name) => {
      const each = quality[name];
      return each === undefined ? '-' : of(each).toFixed(4);
    });
    return [stream, String(judgedFrom), ...cells];
  });
  return table(['stream', 'from row', ...names], rows);
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

export async function learning(specs: readonly StreamSpec[] = STREAMS): Promise<SuiteResult> {
  const known = await recorded();
  const scorers = await OnnxScorers.open({ providers: ['cpu'], inlineMsMax: Number.POSITIVE_INFINITY });
  const figures: StreamFigures[] = [];
  try {
    for (const spec of specs) {
      const rows = rowsOf(spec);
      const replayed = await new Replay(streamTopology(spec), rows, scorers).run();
      figures.push(figuresOf(spec, replayed, rows.labels, known));
    }
  } finally {
    await scorers.close();
  }
  const text = [
    'accuracy',
    qualityTable(figures, ({ accuracy }) => accuracy),
    '\nlog loss',
    qualityTable(figures, ({ logLoss }) => logLoss),
    '',
    trainingTable(figures),
  ].join('\n');
  return { figures: { versions: known.versions, streams: figures }, text };
}
