// What must hold for views of other keys than the source's (control path).
import { MERGE_SOURCES_MAX } from '../core/merge-limits.ts';
import { mergedBefore, PARTITIONS_DEFAULT } from '../operators/repartition.ts';
import { parseRead } from '../core/columns.ts';
import type { FeaturesStage, Views } from '../operators/feature-layout.ts';
import type { Stage } from '../operators/stage.ts';
import type { WatermarksStage } from '../operators/watermarks.ts';
import type { TopologyDefinition } from './definition.ts';
import { foreignViews, hopsOf, sourceKey } from './hops.ts';
import { frontStages } from './front-stages.ts';
import { treatmentOf } from './sensitive-columns.ts';
import { topicProblems } from './source-problems.ts';
import { isKind } from './stage-list.ts';

/** A clause for each thing that keeps a view from getting its events by a hop. */
export function hopProblems({ name, source, stages }: TopologyDefinition): string[] {
  const features = stages.find(isKind<FeaturesStage>('features'));
  if (features === undefined || !Array.isArray(sourceKey(source) ?? [])) return [];
  const views = foreignViews(source, features);
  const names = Object.keys(views);
  if (names.length === 0) return [];
  const which = `the ${names.length === 1 ? 'view' : 'views'} ${names.map((view) => `'${view}'`).join(', ')}`;
  const problem = (what: string): string => `${which} of another key than the source's: ${what}`;
  const problems: string[] = [];
  const { partitions = PARTITIONS_DEFAULT } = source;
  if (partitions > MERGE_SOURCES_MAX)
    problems.push(
      problem(
        `they merge ${partitions} partitions, more than ${MERGE_SOURCES_MAX}: use repartition with order: 'arrival', and a second topology`,
      ),
    );
  const time = stages.find(isKind<WatermarksStage>('watermarks'));
  if ((time?.idleAfterMs ?? null) !== null)
    problems.push(
      problem(
        'parts of the topology must agree on event time, which idleAfterMs lets the clock advance: leave it out',
      ),
    );
  const before = stages.slice(0, stages.indexOf(features));
  const { undecided, looked } = frontStages(before);
  const hops = hopsOf(name, source, features);
  for (const [column, stage] of undecided)
    problems.push(
      problem(
        `stage '${stage}' decides by '${column}', which comes from a table: put the stage after the features, or decide by columns of the event`,
      ),
    );
  const read = new Set(hops.flatMap(({ columns }) => columns));
  for (const column of read)
    if (looked.has(column))
      problems.push(
        problem(
          `'${column}' comes from a table, which is not read where their events are: use a column of the event`,
        ),
      );
  const ofEntity = [...entityProblems(source, before, read), ...shownProblems(source, views)];
  problems.push(...ofEntity.map((what) => problem(what)));
  const topics = hops.map((hop) => hop.name);
  const twice = topics.find((topic, i) => topics.indexOf(topic) < i);
  if (twice !== undefined) problems.push(problem(`two of their keys would have the topic ${twice}`));
  return [
    ...problems,
    ...topics.flatMap((topic) => topicProblems(mergedBefore(topic))).map((what) => problem(what)),
  ];
}

/**
 * The topics of hops have a pseudonym in place of the entity, by a key that its erasure destroys: one in each partition of the
 * source, and none of its other forms.
 * @param read columns of the hops
 */
function entityProblems(
  source: TopologyDefinition['source'],
  before: readonly Stage[],
  read: ReadonlySet<string>,
): string[] {
  const { entity } = source;
  if (entity === undefined) return [];
  const problems: string[] = [];
  const key = sourceKey(source) ?? [];
  if (read.has(entity) && !(key.length === 1 && key[0] === entity && treatmentOf(source, entity) === 'hash'))
    problems.push(
      `they read '${entity}', which says whose an event is, and would be left in topics after an erasure: hash it (sensitive: { '${entity}': 'hash' }) and let producers key records by it (key: '${entity}'), or leave it out`,
    );
  for (const [column, stage] of computedFrom(entity, before))
    if (read.has(column))
      problems.push(
        `'${column}' is computed by stage '${stage}', which reads '${entity}', whose values are kept from the topics of other keys: compute it in a stage of its own, from other columns`,
      );
  return problems;
}

/** A pseudonym counts as the entity does, and has another code. */
function shownProblems({ entity }: TopologyDefinition['source'], views: Views): string[] {
  return Object.entries(views).flatMap(([view, { features }]) =>
    Object.entries(features).flatMap(([name, { definition, column, bucketBy }]) =>
      entity !== undefined && ((column === entity && definition.output === 'category') || bucketBy === entity)
        ? `'${view}.${name}' has values of '${entity}', which are kept from the topics of other keys: count them (distinct), or leave it out`
        : [],
    ),
  );
}

/** Columns that have, or may have, something of a column, with the stage that computes them. */
function computedFrom(column: string, stages: readonly Stage[]): Map<string, string> {
  const computed = new Map<string, string>();
  for (const { id, reads, adds = {}, replaces = [] } of stages) {
    const columns = reads.map((one) => parseRead(one).column);
    const has = columns.some((one) => one === column || computed.has(one));
    for (const name of [...Object.keys(adds), ...replaces]) if (has) computed.set(name, id);
  }
  return computed;
}
