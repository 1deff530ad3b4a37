// What a change of a stage does to those behind it (control path), by its kind and by what of it changes.
import { breaks, fits, type Change } from './change.ts';
import type { DescribedStage } from './described-stages.ts';

/** Where a stage stands, and what there is. */
export interface StagePlace {
  /** Whether features are computed behind it. */
  readonly isBeforeFeatures: boolean;
}

type Effect = (name: string, place: StagePlace) => string;

const MODELS = ': models of before do not fit';

function withModels(what: string): Effect {
  return (_name, { isBeforeFeatures }) => what + (isBeforeFeatures ? MODELS : '');
}

const values = withModels('later stages get other values');
const rows = withModels('other events go on');

/** By kind. What a stage of another kind does is its own. */
const EFFECTS: Readonly<Record<string, Effect>> = {
  contract: values,
  derive: values,
  map: values,
  lookup: values,
  join: values,
  filter: rows,
  dedupe: rows,
  watermarks: withModels('other events are late'),
  flatten: withModels('predictions are of other items'),
  profile: () => 'profiles in the history are others',
  repartition: (name) => REPARTITIONED[name] ?? 'other events are sent on',
  features: (name) =>
    name === 'when' ? `other events are predicted${MODELS}` : 'readers get other features by that name',
  score: (name) => SCORED[name] ?? 'predictions are others',
  labels: () => 'predictions get other labels: models of before learned from those',
};

const REPARTITIONED: Readonly<Record<string, string>> = {
  partitions: 'keys are in other partitions',
  order: 'events are sent on in another order',
  waitMs: 'events of a slow partition may be sent on in another order',
};

const SCORED: Readonly<Record<string, string>> = {
  fallback: 'predictions without a model have another score',
  output: `predictions are of another kind${MODELS}`,
  label: `predictions are of something else${MODELS}`,
  alerts: 'other predictions are alerts',
  objective: 'models are fitted for another loss',
};

const anything = withModels('events may go on otherwise');

/** Whether the change is of no harm to readers. */
function isHarmless(kind: string, name: string): boolean {
  return kind === 'profile' || (kind === 'repartition' && name === 'waitMs');
}

/** A change of a part of a stage. @param what that it is, and what it was */
export function effectOf(
  { kind, id }: DescribedStage,
  name: string,
  what: string,
  place: StagePlace,
): Change {
  const text = `stage ${id}: ${what}: ${(EFFECTS[kind] ?? anything)(name, place)}`;
  return isHarmless(kind, name) ? fits('consumers', text) : breaks('consumers', text);
}

/** What is further ahead is refused, as by a rule. */
export function aheadChange({ id }: DescribedStage, what: string, isMore: boolean): Change {
  const text = `stage ${id}: ${what}`;
  return isMore
    ? fits('producers', `${text}: more events are accepted`)
    : breaks('producers', `${text}: events that were accepted are refused`);
}

/** What these kinds have is described by itself: features, rules and outputs. */
const TOLD_ELSEWHERE: readonly string[] = ['contract', 'features', 'score', 'repartition'];
/** They add columns by names that no column had, and leave events and other columns alone. */
const ADDING: readonly string[] = ['derive', 'lookup', 'join'];

/** Whether a part that is new adds a column, which nothing of before can have read. */
export function isNewColumn(kind: string, name: string): boolean {
  if (kind === 'derive') return true;
  return ADDING.includes(kind) && (name.startsWith('take.') || name.startsWith('sum.') || name === 'count');
}

/** A stage that comes or goes. */
export function comesOrGoes(stage: DescribedStage, isNew: boolean, place: StagePlace): Change[] {
  const { kind, id } = stage;
  if (TOLD_ELSEWHERE.includes(kind)) return [];
  const what = `the stage ${id} (${kind}) is ${isNew ? 'new' : 'gone'}`;
  if (kind === 'profile' || (isNew && ADDING.includes(kind))) return [fits('consumers', what)];
  if (kind === 'labels') return [isNew ? fits('consumers', what) : breaks('consumers', what)];
  if (kind !== 'flatten') return [breaks('consumers', `${what}: ${(EFFECTS[kind] ?? anything)('', place)}`)];
  const ids = isNew
    ? 'of items, with ids topic-partition-offset.item'
    : 'of events, with ids topic-partition-offset';
  return [breaks('consumers', `${what}: predictions are ${ids}${place.isBeforeFeatures ? MODELS : ''}`)];
}
