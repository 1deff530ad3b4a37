// The labels stage (hot path): joins the event that carries the label to its prediction, by key. A
// prediction whose label cannot come (cancelled) or did not come in time is counted as `never`.
// Pending predictions are keyed state. Timers are append-only buckets of event time, read back when they are due.
import { checkedOptions } from '../core/option-checks.ts';
import { unlabelled } from '../tasks/unlabelled.ts';
import { Observable, type OperatorFunction } from 'rxjs';
import type { StreamElement } from '../core/batch.ts';
import { anyColumn, type AnyRead } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { formatDuration, MS_PER_DAY, MS_PER_HOUR } from '../core/time.ts';
import { predicateReads, type EveryEvent, type Predicate, type PredicateReads } from '../window/predicate.ts';
import {
  LABELS_CHECKS,
  labelsProblems,
  timedOutLabel,
  type LabelsOptions,
  type LabelsSettings,
} from './labels-options.ts';
import { earlyMemoryMs } from './early-labels.ts';
import { LabelsMachine } from './labels-machine.ts';
import { pendingMemoryMs } from './pending-predictions.ts';
import { declaredPredicate, describePredicate, describeSelection } from './predicate.ts';
import { stageArguments } from './stage-arguments.ts';
import type { Stage, StageContext, StageInstance } from './stage.ts';

export interface LabelsStage<Reads extends string = string> extends Stage<Reads> {
  readonly kind: 'labels';
  readonly options: LabelsSettings;
}

const TIMEOUT_MS_DEFAULT = 7 * MS_PER_DAY;
const EARLY_MS_DEFAULT = MS_PER_HOUR;

function operatorOf(machine: LabelsMachine): OperatorFunction<StreamElement, StreamElement> {
  return (source) =>
    new Observable((subscriber) =>
      source.subscribe({
        next(element) {
          if (element.kind === 'batch') return subscriber.next(machine.batch(element));
          const expired = element.kind === 'watermark' ? machine.expire(element) : null;
          if (expired !== null) subscriber.next(expired);
          subscriber.next(element);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
}

/** Joins labels to predictions. @see LabelsOptions */
export function labels<
  const Key extends string,
  Label extends string,
  When extends Predicate = EveryEvent,
  Never extends Predicate = EveryEvent,
  Withdrawn extends Predicate = EveryEvent,
>(
  options: LabelsOptions<Key, Label, When, Never, Withdrawn>,
): LabelsStage<
  AnyRead<Key> | Label | PredicateReads<When> | PredicateReads<Never> | PredicateReads<Withdrawn>
>;
export function labels<
  const Key extends string,
  Label extends string,
  When extends Predicate = EveryEvent,
  Never extends Predicate = EveryEvent,
  Withdrawn extends Predicate = EveryEvent,
>(
  id: string,
  options: LabelsOptions<Key, Label, When, Never, Withdrawn>,
): LabelsStage<
  AnyRead<Key> | Label | PredicateReads<When> | PredicateReads<Never> | PredicateReads<Withdrawn>
>;
export function labels(first: string | LabelsOptions, second?: LabelsOptions): LabelsStage {
  const [id, given] = stageArguments('labels', first, second as LabelsOptions); // the overloads require it
  const checked = checkedOptions(given, LABELS_CHECKS);
  const { key = '', when = {}, task = unlabelled, ...others } = checked.options;
  const { timeoutMs = TIMEOUT_MS_DEFAULT, earlyMs = EARLY_MS_DEFAULT, correctedWithinMs = 0 } = others;
  const declared = { ...others, key, when, task, timeoutMs, earlyMs, correctedWithinMs };
  const options = { ...declared, timedOutLabel: timedOutLabel(declared) };
  const never = options.never === undefined ? '' : `, never where ${describePredicate(options.never)}`;
  const stage: LabelsStage = {
    id,
    kind: 'labels',
    summary: `${options.target === undefined ? '' : `target ${options.target}: `}${options.task.name} by ${options.key}${describeSelection(options.when)}${never}, ${options.otherwise === undefined ? 'given up' : String(options.otherwise)} after ${formatDuration(timeoutMs)}${correctedWithinMs === 0 ? '' : `, corrected within ${formatDuration(correctedWithinMs)}`}`,
    declaration: {
      key,
      when: declaredPredicate(when),
      never: options.never === undefined ? null : declaredPredicate(options.never),
      withdrawn: options.withdrawn === undefined ? null : declaredPredicate(options.withdrawn),
      otherwise: options.otherwise ?? null,
      timeoutMs,
      earlyMs,
      correctedWithinMs,
    },
    reads: [
      ...(key === '' ? [] : [anyColumn(key)]),
      ...options.task.label.reads,
      ...predicateReads(options.when),
      ...predicateReads(options.never ?? {}),
      ...predicateReads(options.withdrawn ?? {}),
    ],
    keys: [
      options.key,
      ...[options.when, options.never, options.withdrawn].flatMap((which) => Object.keys(which ?? {})),
    ],
    memoryMs:
      Math.max(pendingMemoryMs(timeoutMs), pendingMemoryMs(correctedWithinMs)) + earlyMemoryMs(earlyMs),
    beforeMs: earlyMemoryMs(earlyMs),
    options,
    open(context: StageContext): StageInstance {
      const machine = new LabelsMachine(options, context);
      return { operator: operatorOf(machine), keyedState: machine, operatorState: machine.counts };
    },
  };
  return defined(stage, {
    given,
    options: LABELS_CHECKS,
    problems: [...checked.problems, ...labelsProblems(declared)],
  });
}
