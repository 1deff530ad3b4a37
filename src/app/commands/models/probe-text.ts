// What a probe found, as text (control path).
import type {
  Movement,
  ProbedAttack,
  ProbedInput,
  ProbeGoal,
  ProbeReport,
} from '../../../core/probe-report.ts';
import { instantText } from '../../../core/time.ts';
import { table } from './model-text.ts';

const FIGURES = 3;

function figure(value: number): string {
  return String(Number(value.toPrecision(FIGURES)));
}

function percent(share: number): string {
  return `${figure(share * 100)} %`;
}

function steeredBy({ steering, columns }: ProbedInput): string {
  if (steering === 'none') return 'not the sender';
  const by = columns.length === 0 ? '' : `: ${columns.join(', ')}`;
  return `${steering === 'event' ? 'the event' : 'a window'}${by}`;
}

function inputTable(inputs: readonly ProbedInput[]): string {
  const rows = inputs.map((input) => [
    input.features.join(', '),
    steeredBy(input),
    input.step === null ? 'category' : figure(input.step),
    String(input.moved.rows),
    ...[input.moved.mean, input.moved.p95, input.moved.max].map((value) => figure(value)),
    percent(input.flips),
  ]);
  return table([['input', 'set by', 'step', 'vectors', 'mean', 'p95', 'max', 'flips'], ...rows]);
}

function movedText({ mean, p95, max }: Movement): string {
  return `mean ${figure(mean)}, p95 ${figure(p95)}, max ${figure(max)}`;
}

function attackText(name: string, goal: ProbeGoal, { moved, targets, flips, used }: ProbedAttack): string {
  const [side, way] = goal === 'lower' ? ['at or above', 'below'] : ['below', 'at or above'];
  const most = used.slice(0, FIGURES).map(({ features, rows }) => `${features.join(', ')} in ${rows}`);
  const by = most.length === 0 ? '' : `; it changes ${most.join(', ')}`;
  const crossed =
    targets === 0
      ? `no score is ${side} the threshold`
      : `${percent(flips)} of the ${targets} ${side} the threshold get ${way} it`;
  return `${name}: toward the goal by ${movedText(moved)}; ${crossed}${by}.`;
}

/** Columns `mean`, `p95` and `max` are distances between scores; `flips` is the share of vectors that cross the threshold. */
export function probeText({ options, scores, inputs, gradientSign, greedy, atMs }: ProbeReport): string {
  const { rows, newest, seed, step, threshold, goal, budget, columns, output } = options;
  const what = output === undefined ? 'Scores' : `Scores of '${output}'`;
  const sender = columns.length === 0 ? 'nothing that enters a feature' : columns.join(', ');
  return [
    `Probed ${instantText(atMs).slice(0, 16).replace('T', ' ')}: ${rows} of the newest ${newest} vectors (seed ${seed}), steps of ${figure(step)} of the distance between deciles.`,
    `${what}: mean ${figure(scores.mean)}, ${percent(scores.above)} at or above the threshold ${figure(threshold)}. The sender of an event chooses ${sender}.`,
    '',
    inputTable(inputs),
    '',
    attackText('All that the event sets, one step by the sign of the gradient', goal, gradientSign),
    attackText(`The best ${budget} of them, one after the other`, goal, greedy),
  ].join('\n');
}
