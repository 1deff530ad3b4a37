// What a backfill did, as lines of its report (control path).
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import type { Backfilled } from '../../../runtime/backfill/run-backfill.ts';
import type { Topology } from '../../../topology/define.ts';
import type { BackfillFrom } from './inputs.ts';

export interface Summary {
  readonly topology: Topology;
  readonly from: BackfillFrom;
  readonly inputs: readonly BackfillInput[];
  /** Partitions that an earlier run of the command had finished: their events are not counted. */
  readonly finished: ReadonlyMap<number, unknown>;
  /** What the parts of the topology did; null for one without. */
  readonly answers: string | null;
  readonly done: Backfilled;
  readonly seconds: number;
}

export function summaryLines({ finished, done, seconds, ...read }: Summary): string[] {
  const { events, predictions, labelsJoined, labelsNever, deadLetters, late, duplicates } = done.totals;
  const rate = Math.round(events / Math.max(seconds, 1e-3));
  return [
    ...inputLines(read),
    ...(finished.size > 0
      ? [`resumed       partitions ${[...finished.keys()].join(', ')} were finished before`]
      : []),
    `events        ${events} in ${seconds.toFixed(1)} s: ${rate} a second`,
    `predictions   ${predictions}, marked as backfilled in the history`,
    `labels        ${labelsJoined} joined, ${labelsNever} never`,
    ...(deadLetters + late + duplicates > 0
      ? [
          `set aside     ${deadLetters} dead letters, ${late} late, ${duplicates} duplicates: counted, not written`,
        ]
      : []),
  ];
}

/** What is read, and what the parts of the topology did of it. */
export function inputLines({
  topology,
  from,
  inputs,
  answers,
}: Pick<Summary, 'topology' | 'from' | 'inputs' | 'answers'>): string[] {
  return [
    `from          ${sourceText(topology, from, inputs)}`,
    ...(answers === null ? [] : [`other keys    ${answers}`]),
  ];
}

function sourceText({ source }: Topology, from: BackfillFrom, inputs: readonly BackfillInput[]): string {
  if (from.kind === 'files') return from.files.join(', ');
  const ranges = inputs.map(({ partition, from: begin, to }) => `${partition}: ${begin} to ${to}`);
  return `${from.kind === 'topic' ? 'topic' : 'archive of'} ${source.topic}, offsets ${ranges.join(', ')}`;
}
