// What must hold for views of other keys than the source's (control path).
import { MERGE_SOURCES_MAX } from '../core/merge-limits.ts';
import { mergedBefore, PARTITIONS_DEFAULT } from '../operators/repartition.ts';
import { parseRead } from '../core/columns.ts';
import type { FeaturesStage } from '../operators/feature-layout.ts';
import type { WatermarksStage } from '../operators/watermarks.ts';
import { predicateReads } from '../window/predicate.ts';
import type { TopologyDefinition } from './definition.ts';
import { foreignViews, hopsOf, sourceKey } from './hops.ts';
import { frontStages } from './front-stages.ts';
import { recomputable } from './recomputed-columns.ts';
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
  const { sensitive = {}, entity } = source;
  if (Object.keys(sensitive).length > 0 || entity !== undefined)
    problems.push(
      problem(
        'a source with sensitive columns or an entity cannot be sent on under another key, as its bytes would be kept there: let producers write the events without these columns to a topic of their own, for a topology with these views',
      ),
    );
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
  for (const [column, stage] of frontStages(before).undecided)
    problems.push(
      problem(
        `stage '${stage}' decides by '${column}', which comes from a table: put the stage after the features, or decide by columns of the event`,
      ),
    );
  const { lost } = recomputable(before);
  const reads = [
    ...Object.values(views).flatMap((view) => view.reads),
    ...predicateReads(features.options.when),
  ];
  for (const column of new Set(reads.map((read) => parseRead(read).column))) {
    const stage = lost.get(column);
    if (stage !== undefined)
      problems.push(
        problem(
          `'${column}' depends on the state of stage '${stage}', which is not where their events are: use a column of the event`,
        ),
      );
  }
  const hops = hopsOf(name, source, features).map((hop) => hop.name);
  const twice = hops.find((hop, i) => hops.indexOf(hop) < i);
  if (twice !== undefined) problems.push(problem(`two of their keys would have the topic ${twice}`));
  return [
    ...problems,
    ...hops.flatMap((hop) => topicProblems(mergedBefore(hop))).map((what) => problem(what)),
  ];
}
