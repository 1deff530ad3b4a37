// What a change of a topology means to those around it (control path): to producers, whose events were accepted, and to
// consumers of predictions, of repartitioned events and of feature vectors, such as models.
import { breaks, fits, type Change } from './change.ts';
import type { DescribedColumn, DescribedFeature, DescribedRule, TopologyDescription } from './description.ts';
import { ruleChanges } from './rule-changes.ts';
import { stageChanges } from './stage-changes.ts';
import { tableChanges } from './table-changes.ts';

/** All changes that concern others, producers first. */
export function changesBetween(before: TopologyDescription, after: TopologyDescription): Change[] {
  const changes = [
    ...sourceChanges(before.source, after.source),
    ...columnChanges(before.source.columns, after.source.columns),
    ...tableChanges(before.tables ?? [], after.tables ?? [], columnChanges),
    ...rulesChanges(before.rules, after.rules),
    ...stageChanges(before.stages, after.stages),
    ...featureChanges(before.features, after.features),
    ...hopChanges(before, after),
    ...outputChanges('predictions', before.predictions, after.predictions),
    ...targetChanges(before.targets, after.targets),
    ...outputChanges('repartitioned events', before.repartitioned, after.repartitioned),
  ];
  const isFor = (who: Change['who']): Change[] => changes.filter((change) => change.who === who);
  return [...isFor('producers'), ...isFor('consumers')];
}

type Source = TopologyDescription['source'];

function sourceChanges(before: Source, after: Source): Change[] {
  const changed = (['topic', 'format', 'eventTime'] as const).filter((name) => before[name] !== after[name]);
  const names = { topic: 'the topic', format: 'the format', eventTime: 'the event time' };
  return [
    ...changed.map((name) =>
      breaks('producers', `${names[name]} of events is ${after[name]}, and was ${before[name]}`),
    ),
    ...keyChanges(before.key, after.key),
    ...treatmentChanges(before.sensitive, after.sensitive),
  ];
}

/** What producers send stays the same; stages, and readers of what they give, see another value. */
function treatmentChanges(before: Source['sensitive'], after: Source['sensitive']): Change[] {
  if (before === undefined || after === undefined) return [];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [was, is] = [before[name] ?? 'as it is sent', after[name] ?? 'as it is sent'];
    return was === is
      ? []
      : [breaks('consumers', `the treatment of the column '${name}' is ${is}, and was ${was}`)];
  });
}

function keyChanges(before: string | undefined, after: string | undefined): Change[] {
  if (before === after) return [];
  if (after === undefined)
    return [fits('producers', `the key of records is not declared, and was ${before}`)];
  const was = before === undefined ? ', and was not declared' : `, and was ${before}`;
  return [breaks('producers', `the key of records is ${after}${was}`)];
}

/** The state of a view is where its events are. */
function hopChanges(before: TopologyDescription, after: TopologyDescription): Change[] {
  const views = new Set(after.features.map(({ name }) => name.split('.', 1)[0] as string));
  return [...views].flatMap((view) => {
    const [was, is] = [before.hops?.[view], after.hops?.[view]];
    const isOld = before.features.some(({ name }) => name.startsWith(`${view}.`));
    if (!isOld || was === is) return [];
    return [
      fits(
        'consumers',
        `the features of '${view}' start without events: they come from ${is ?? after.source.topic}`,
      ),
    ];
  });
}

function columnChanges(before: Source['columns'], after: Source['columns']): Change[] {
  const added = Object.entries(after).flatMap(([name, { nullable }]) => {
    if (before[name] !== undefined) return [];
    return nullable
      ? [fits('producers', `the column '${name}' is new; events without it have null`)]
      : [breaks('producers', `the column '${name}' is new and required`)];
  });
  const others = Object.entries(before).flatMap(([name, column]) => {
    const now = after[name];
    if (now === undefined)
      return [
        fits('producers', `the column '${name}' is not read any more`),
        breaks('consumers', `the column '${name}' is gone`),
      ];
    return changedColumn(name, column, now);
  });
  return [...added, ...others];
}

/** What a reader of the second type may read of a writer of the first: promotions of Avro. */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double', 'decimal'],
  long: ['float', 'double', 'decimal', 'int64'],
  float: ['double', 'decimal'],
  enum: ['string'],
};

function changedColumn(name: string, before: DescribedColumn, after: DescribedColumn): Change[] {
  const changes: Change[] = [];
  const [was, is] = [before, after].map(({ type }) => type.replace(/\?$/, '')) as [string, string]; // two of them
  if (was !== is) {
    const what = `the column '${name}' is ${is}, and was ${was}`;
    const isPromoted = PROMOTIONS[was]?.includes(is) === true || isPromotedList(was, is);
    changes.push(isPromoted ? fits('producers', what) : breaks('producers', what), breaks('consumers', what));
  }
  const [from, to] = [before, after].map(({ unit }) => unit ?? 'ms');
  if (was === is && from !== to)
    changes.push(breaks('producers', `numbers of the column '${name}' count ${to}, and counted ${from}`));
  if (was === is) changes.push(...changedDigits(name, before.digits, after.digits));
  if (before.nullable && !after.nullable)
    changes.push(breaks('producers', `the column '${name}' is required`));
  if (!before.nullable && after.nullable)
    changes.push(breaks('consumers', `the column '${name}' may be null`));
  const [had, has] = [before.symbols ?? [], after.symbols ?? []];
  if (was === is && before.symbols !== undefined && after.symbols !== undefined) {
    const gone = had.filter((symbol) => !has.includes(symbol));
    const added = has.filter((symbol) => !had.includes(symbol));
    if (gone.length > 0)
      changes.push(breaks('producers', `the column '${name}' has no ${gone.join(', ')} any more`));
    if (added.length > 0)
      changes.push(breaks('consumers', `the column '${name}' may be ${added.join(', ')}`));
  }
  return changes;
}

/** Descriptions of before they had the digits say nothing of them. */
function changedDigits(name: string, had: number | undefined, has: number | undefined): Change[] {
  if (had === undefined || has === undefined || had === has) return [];
  const what = `the column '${name}' has ${has} digits behind the point, and had ${had}`;
  // Its numbers are whole units of the last digit: features, rules and predicates get others.
  return [has < had ? breaks('producers', what) : fits('producers', what), breaks('consumers', what)];
}

const LIST = /^list\((\w+)(\??)\)$/;

/** Whether a list is read whose items are promoted, or may be null now. */
function isPromotedList(was: string, is: string): boolean {
  const [, from = '', fromNull] = LIST.exec(was) ?? [];
  const [, to = '', toNull] = LIST.exec(is) ?? [];
  if (fromNull === undefined || toNull === undefined || (fromNull !== '' && toNull === '')) return false;
  return from === to || PROMOTIONS[from]?.includes(to) === true;
}

function ruleKey({ name, where }: DescribedRule): string {
  return where === '' ? name : `${name} where ${where}`;
}

function rulesChanges(before: readonly DescribedRule[], after: readonly DescribedRule[]): Change[] {
  const old = Map.groupBy(before, ruleKey);
  const now = Map.groupBy(after, ruleKey);
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) =>
    ruleChanges(key, old.get(key) ?? [], now.get(key) ?? []),
  );
}

function featureChanges(before: readonly DescribedFeature[], after: readonly DescribedFeature[]): Change[] {
  const names = (features: readonly DescribedFeature[]): string[] => features.map(({ name }) => name);
  const gone = names(before).filter((name) => !names(after).includes(name));
  const added = names(after).filter((name) => !names(before).includes(name));
  const common = after.flatMap((feature) => {
    const was = before.find(({ name }) => name === feature.name);
    return was === undefined || (was.definition === feature.definition && was.kind === feature.kind)
      ? []
      : [
          breaks(
            'consumers',
            `the feature ${feature.name} is ${feature.definition}, and was ${was.definition}`,
          ),
        ];
  });
  const isMoved =
    gone.length === 0 && added.length === 0 && names(before).join('\n') !== names(after).join('\n');
  return [
    ...gone.map((name) => breaks('consumers', `the feature ${name} is gone: models of before do not fit`)),
    ...added.map((name) => breaks('consumers', `the feature ${name} is new: models of before do not fit`)),
    ...(isMoved ? [breaks('consumers', 'the features have another order: models of before do not fit')] : []),
    ...common,
  ];
}

/** A target that becomes the main one, or no longer is, changes the names of its topics. */
function targetChanges(
  before: TopologyDescription['targets'],
  after: TopologyDescription['targets'],
): Change[] {
  const [was, is] = [before?.others ?? {}, after?.others ?? {}];
  const changes = [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((name) => {
    const [old, now] = [was[name], is[name]];
    return [
      ...outputChanges('predictions', old?.predictions ?? null, now?.predictions ?? null),
      ...(old === undefined || now === undefined
        ? []
        : [...stageChanges(old.stages, now.stages), ...featureChanges(old.features, now.features)]),
    ].map((change) => ({ ...change, what: `target ${name}: ${change.what}` }));
  });
  const main =
    before === undefined || after === undefined || before.main === after.main
      ? []
      : [
          breaks(
            'consumers',
            `the main target is ${after.main}, and was ${before.main}: its models do not fit`,
          ),
        ];
  return [...main, ...changes];
}

function outputChanges<T extends Readonly<Record<string, string>>>(
  what: string,
  before: T | null,
  after: T | null,
): Change[] {
  if (before === null) return after === null ? [] : [fits('consumers', `there are ${what} now`)];
  if (after === null) return [breaks('consumers', `there are no ${what} any more`)];
  return Object.keys(before)
    .filter((name) => before[name] !== after[name])
    .map((name) => breaks('consumers', `the ${name} of ${what} is ${after[name]}, and was ${before[name]}`));
}
