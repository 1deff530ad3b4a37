// A topology for people (control path): as text and as a Mermaid diagram.
import { formatDuration } from '../core/time.ts';
import { KEY_SEPARATOR } from '../operators/joined-key.ts';
import type { ContractStage } from '../operators/contract.ts';
import type { Task } from '../tasks/task.ts';
import type { RetrainingSettings } from './learning-options.ts';
import type { Topology } from './definition.ts';
import { describeRule } from './describe-rules.ts';
import { tableLines } from './describe-tables.ts';
import { describeParts, hopCosts } from './describe-parts.ts';
import { sourceKey } from './hops.ts';
import { isKind } from './stage-list.ts';
import { groupOf, topicsOf } from './topics.ts';

const isContract = isKind<ContractStage>('contract');
const DELIVERIES = { 'after-commit': 'after each commit', immediate: 'before the commit' } as const;

/** A line per stage, with the topics around it; of each other target what it has besides. */
export function describeText(topology: Topology): string {
  return [describeMain(topology), ...(topology.otherTargets ?? []).map(describeTarget)].join('\n');
}

/** What a target does not share with the main one. */
function describeTarget(topology: Topology): string {
  const { stages, target, control, retraining, task } = topology;
  const own = stages.filter(({ kind }) => kind === 'score' || kind === 'labels');
  return [
    `target ${target?.name ?? topology.name}`,
    ...own.map(({ kind, id, summary }) => `  ${kind.padEnd(11)} ${id}: ${summary}`),
    `  sink        ${topicsOf(topology).predictions}`,
    `  group       ${groupOf(topology.name)}: it reads the source, and keeps state, on its own`,
    ...controlLines(control),
    ...(retraining === undefined ? [] : describeRetraining(retraining, task)),
  ].join('\n');
}

function controlLines(control: Topology['control']): string[] {
  return control === undefined
    ? []
    : [`  control     every ${formatDuration(control.everyMs)}, ${control.mode}`];
}

function describeMain(topology: Topology): string {
  const topics = topicsOf(topology);
  const archived = topology.source.archive === true ? ', archived' : '';
  const { format: declared } = topology.source;
  const format = declared === undefined ? '' : `, ${declared.name}`;
  const inJson = topology.predictions?.format === 'json' ? ', json' : '';
  const lines = [
    `topology ${topology.name}${topology.target === undefined ? '' : `, target ${topology.target.name}`}`,
    `  source      ${topics.source}${format}, event time ${topology.source.eventTime}${archived}`,
    ...keyLines(topology),
  ];
  const { sensitive = {}, entity } = topology.source;
  const treated = Object.entries(sensitive).map(([column, treatment]) => `${column} ${treatment}`);
  if (treated.length > 0)
    lines.push(`  sensitive   ${treated.join(', ')}${entity === undefined ? '' : `; entity ${entity}`}`);
  lines.push(...tableLines(topology));
  for (const stage of topology.stages) {
    if (!isContract(stage)) lines.push(`  ${stage.kind.padEnd(11)} ${stage.id}: ${stage.summary}`);
    else lines.push(`  contract    ${stage.id}`, ...stage.rules.map((rule) => `    ${describeRule(rule)}`));
  }
  lines.push(...describeParts(topology));
  if (topology.score !== null) lines.push(`  sink        ${topics.predictions}${inJson}`);
  if (topics.repartitioned !== undefined) lines.push(`  sink        ${topics.repartitioned}`);
  lines.push(`  sink        ${topics.deadLetters}, ${topics.late}`);
  for (const { name, delivery } of topology.sinks ?? [])
    lines.push(`  sink        ${name}, ${DELIVERIES[delivery]}`);
  const { control, retraining } = topology;
  lines.push(...controlLines(control));
  if (retraining !== undefined) lines.push(...describeRetraining(retraining, topology.task));
  return lines.join('\n');
}

/** The producers' key, if it matters. */
function keyLines({ source, features }: Topology): string[] {
  const key = sourceKey(source);
  if (key !== null) return [`  key         ${key.join(KEY_SEPARATOR)}`];
  const hasViews = Object.keys(features?.options.views ?? {}).length > 0;
  return hasViews && source.partitions > 1
    ? ['  key         not declared: each view has the events of its entity that are in the partition']
    : [];
}

/** Every setting, those that are defaults too. */
function describeRetraining(
  retraining: RetrainingSettings,
  { loss: { title: loss }, alerts }: Task,
): string[] {
  const {
    trainers,
    cooldownMs,
    growth,
    everyRows,
    everyRowsMin,
    schedule,
    windowMs,
    rowsMax,
    gate,
    halfLifeMs,
  } = retraining;
  const calibration = retraining.calibration === 'auto' ? '' : `, calibration ${retraining.calibration}`;
  const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;
  const counted = alerts === undefined ? 'labels' : 'rows';
  const soonest = everyRowsMin === null ? '' : ` (down to ${everyRowsMin} while candidates win for sure)`;
  const triggers = [
    `first at ${retraining.firstRows} ${counted}`,
    ...(growth === null ? [] : [`${percent(growth)} more ${counted} since the last change`]),
    ...(everyRows === null ? [] : [`each ${everyRows} ${counted}${soonest}`]),
    ...(schedule === null ? [] : [`schedule ${schedule}`]),
    ...(retraining.driftedFeatures === null ? [] : [`${retraining.driftedFeatures} drifted features`]),
    ...(retraining.onErrorDrift && alerts === undefined ? [`drift of the ${loss}`] : []),
  ];
  const cooldown = cooldownMs === 0 ? 'no cooldown' : `cooldown ${formatDuration(cooldownMs)}`;
  const tolerance =
    typeof gate.tolerance === 'number' ? gate.tolerance : `${percent(gate.tolerance.share)} of the ${loss}`;
  const halfLife = halfLifeMs === null ? '' : `, half-life ${formatDuration(halfLifeMs)}`;
  const sampling = samplingText(retraining);
  return [
    `  retraining  ${trainers.map(({ name }) => name).join(', ')}${calibration}: ${triggers.join(', ')}; ${cooldown}`,
    `    window    ${formatDuration(windowMs)}${alerts === undefined ? ' with labels' : ''}, ${rowsMax} rows at most${halfLife}${sampling}`,
    alerts === undefined
      ? `    gate      ${percent(gate.share)} of the fresh rows, ${percent(gate.confidence)} interval, tolerance ${tolerance}${gate.refit ? ', refit' : ''}`
      : `    gate      ${percent(gate.share)} of the fresh rows, of which ${percent(alerts.rate)} are to be alerts${gate.refit ? ', refit' : ''}`,
  ];
}

function samplingText({ negativesPerPositive, classWeights }: RetrainingSettings): string {
  const weights =
    classWeights === null || classWeights === 'balanced'
      ? (classWeights ?? '')
      : Object.entries(classWeights)
          .map(([name, weight]) => `${name} ${weight}`)
          .join(', ');
  return [
    negativesPerPositive === null ? '' : `, ${negativesPerPositive} negatives for each positive`,
    weights === '' ? '' : `, classes weigh: ${weights}`,
  ].join('');
}

/** The same as a Mermaid flowchart. */
export function describeMermaid(topology: Topology): string {
  const topics = topicsOf(topology);
  const lines = ['flowchart LR', `  source[/${topics.source}/]`];
  if (topology.source.archive === true) lines.push('  source --> archive[(archive)]');
  let before = 'source';
  const { hops, answers } = hopCosts(topology);
  for (const { id, kind, tables = [] } of topology.stages) {
    if (kind === 'features') {
      for (const [i, { name }] of hops.entries())
        lines.push(
          `  ${before} --> hop${i}[/${name}/] --> features${i}["features: ${name}"] --> answers[/${answers}/]`,
        );
      if (hops.length > 0) lines.push(`  answers --> ${id}`);
    }
    lines.push(`  ${id}["${kind}: ${id}"]`, `  ${before} --> ${id}`);
    if (kind === 'contract') lines.push(`  ${id} -. bad .-> dead[/${topics.deadLetters}/]`);
    if (kind === 'watermarks') lines.push(`  ${id} -. late .-> late[/${topics.late}/]`);
    if (kind === 'repartition') lines.push(`  ${id} --> repartitioned[/${topics.repartitioned}/]`);
    for (const { table } of tables) lines.push(`  table-${table.name}[(${table.name})] --> ${id}`);
    before = id;
  }
  if (topology.score !== null) lines.push(`  ${before} --> predictions[/${topics.predictions}/]`);
  for (const { name } of topology.sinks ?? []) lines.push(`  ${before} --> sink-${name}[(${name})]`);
  lines.push(...learningEdges(topology, before), ...(topology.otherTargets ?? []).flatMap(targetEdges));
  return lines.join('\n');
}

/** The loop of a target. @param last the id of its last stage */
function learningEdges(topology: Topology, last: string): string[] {
  if (topology.retraining === undefined) return [];
  const topics = topicsOf(topology);
  const own = topology.target?.isMain === false ? `-${topology.target.name}` : '';
  return [
    `  ${last} -. labels, drift .-> controller${own}((controller))`,
    `  controller${own} --> jobs${own}[/${topics.retrainingJobs}/] --> trainer${own}((trainer)) --> gate${own}{gate}`,
    `  gate${own} --> updates${own}[/${topics.modelUpdates}/]`,
    `  updates${own} -. at a barrier .-> ${topology.score?.id ?? last}`,
  ];
}

/** What another target has behind the stages that all share. */
function targetEdges(topology: Topology): string[] {
  const { stages, target } = topology;
  const lines: string[] = [];
  let before = 'source';
  for (const { id, kind } of stages) {
    if (kind === 'score' || kind === 'labels')
      lines.push(`  ${id}["${kind}: ${id}"]`, `  ${before} --> ${id}`);
    before = id;
  }
  return [
    ...lines,
    `  ${before} --> predictions-${target?.name}[/${topicsOf(topology).predictions}/]`,
    ...learningEdges(topology, before),
  ];
}
