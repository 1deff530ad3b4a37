// What changes of stages mean to others (control path): a stage that is another one gives other events and other values to
// those behind it, however its columns and features are called.
import { stableJson } from '../core/stable-json.ts';
import { breaks, fits, type Change } from './change.ts';
import type { DescribedStage } from './described-stages.ts';
import { aheadChange, comesOrGoes, effectOf, isNewColumn, type StagePlace } from './stage-effects.ts';

type Stages = readonly DescribedStage[];

interface Pair {
  readonly before: DescribedStage;
  readonly after: DescribedStage;
}

/** Nothing where one is not known: a description of before there were stages says nothing of them. */
export function stageChanges(before: Stages | undefined, after: Stages | undefined): Change[] {
  if (before === undefined || after === undefined) return [];
  const pairs = pairsOf(before, after);
  const gone = before.filter((stage) => pairs.every((pair) => pair.before !== stage));
  const added = after.filter((stage) => pairs.every((pair) => pair.after !== stage));
  return [
    ...gone.flatMap((stage) => comesOrGoes(stage, false, placeOf(stage, before))),
    ...added.flatMap((stage) => comesOrGoes(stage, true, placeOf(stage, after))),
    ...orderChanges(pairs, before),
    ...pairs.flatMap((pair) => changed(pair, placeOf(pair.after, after))),
  ];
}

function placeOf(stage: DescribedStage, stages: Stages): StagePlace {
  return { isBeforeFeatures: stages.findIndex(({ kind }) => kind === 'features') > stages.indexOf(stage) };
}

/** In the order of `after`: by id, and of the others those that are alike, or alone of their kind. */
function pairsOf(before: Stages, after: Stages): Pair[] {
  const left = new Set(before);
  const found = new Map<DescribedStage, DescribedStage>();
  const pairBy = (fit: (was: DescribedStage, is: DescribedStage) => boolean): void => {
    for (const stage of after) {
      if (found.has(stage)) continue;
      const was = [...left].find((other) => other.kind === stage.kind && fit(other, stage));
      if (was === undefined) continue;
      left.delete(was);
      found.set(stage, was);
    }
  };
  const ofKind = (stages: Stages, kind: string): number => stages.filter((one) => one.kind === kind).length;
  pairBy((was, is) => was.id === is.id);
  pairBy((was, is) => stableJson(was.declaration) === stableJson(is.declaration));
  pairBy(({ kind }) => ofKind(before, kind) === 1 && ofKind(after, kind) === 1);
  return after.flatMap((stage) => {
    const was = found.get(stage);
    return was === undefined ? [] : [{ before: was, after: stage }];
  });
}

/** A profile changes nothing for the stages around it. */
function orderChanges(pairs: readonly Pair[], before: Stages): Change[] {
  const moving = pairs.filter(({ after }) => after.kind !== 'profile');
  const order = moving.map((pair) => before.indexOf(pair.before));
  if (order.every((at, i) => i === 0 || at > (order[i - 1] as number))) return [];
  const ids = moving.map(({ after }) => after.id).join(', ');
  return [breaks('consumers', `the stages have another order, ${ids}: events may go on otherwise`)];
}

function changed({ before, after }: Pair, place: StagePlace): Change[] {
  const [was, is] = [before.declaration, after.declaration];
  const changes = [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((name): Change[] => {
    if (stableJson(was[name]) === stableJson(is[name])) return [];
    const isThere = Object.hasOwn(is, name);
    if (isThere && Object.hasOwn(was, name)) {
      const what = `${name} is ${shown(is[name])}, and was ${shown(was[name])}`;
      return name === 'allowedAheadMs' && after.kind === 'watermarks'
        ? [aheadChange(after, what, Number(is[name]) > Number(was[name]))]
        : [effectOf(after, name, what, place)];
    }
    // Rules that come and go say so themselves.
    if (after.kind === 'contract') return [];
    const what = isThere ? `${name} is new, ${shown(is[name])}` : `${name} is gone`;
    if (!isThere || !isNewPart(after.kind, name)) return [effectOf(after, name, what, place)];
    return [fits('consumers', `stage ${after.id}: ${what}`)];
  });
  if (before.id === after.id) return changes;
  const start = `the stage ${after.id} (${after.kind}) was ${before.id}`;
  return after.keepsState ? [fits('consumers', `${start}: it starts without state`), ...changes] : changes;
}

/** What is new, so that no reader of before has it. */
function isNewPart(kind: string, name: string): boolean {
  return isNewColumn(kind, name) || (kind === 'features' && name !== 'when');
}

/** Texts as they are, anything else as JSON. */
function shown(value: unknown): string {
  return typeof value === 'string' ? value : stableJson(value);
}
