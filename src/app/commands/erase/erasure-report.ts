// What an erasure has erased, and what not and why (control path).
import type { ErasedHistory } from '../../../ports/history.ts';
import type { AppliedErasure } from '../../../runtime/erasure/erasure-record.ts';
import type { Topology } from '../../../topology/define.ts';
import { treatmentOf } from '../../../topology/sensitive-columns.ts';
import { hopsOf } from '../../../topology/hops.ts';
import { dataKeysTopic, frontName, topicsOf } from '../../../topology/topics.ts';

interface Place {
  readonly where: string;
  /** What became of it there, or why it stays. */
  readonly what: string;
}

export interface ErasureReport {
  readonly topology: string;
  /** Names the entity in the audit log and in the topic of erasures. */
  readonly digest: string;
  /** Events of the entity below the offset leave nothing when they are read again. */
  readonly partitions: ReadonlyArray<{ readonly partition: number; readonly below: number }>;
  readonly erased: readonly Place[];
  readonly kept: readonly Place[];
}

export interface ReportParts {
  readonly topology: Topology;
  /** The source's entity column. */
  readonly column: string;
  readonly digest: string;
  readonly applied: readonly AppliedErasure[];
  readonly rows: ErasedHistory;
  readonly models: ReadonlyArray<{ readonly version: string }>;
  /** Stages whose state is not erased. */
  readonly keeps: readonly string[];
}

export function erasureReport(parts: ReportParts): ErasureReport {
  const { topology, digest, applied } = parts;
  const partitions = applied.map(({ partition, below }) => ({ partition, below }));
  return { topology: topology.name, digest, partitions, erased: erasedOf(parts), kept: keptOf(parts) };
}

function erasedOf({ topology, column, rows }: ReportParts): Place[] {
  const { name, source, features } = topology;
  const views = Object.entries(features?.options.views ?? {})
    .filter(([, { key }]) => key.includes(column))
    .map(([view]) => view);
  const topics = topicsOf(topology);
  const hops = hopsOf(name, source, features);
  const unreadable = 'the data key is destroyed: what was encrypted with it cannot be read';
  return [
    {
      where: 'state store',
      what: `windows and served features of ${views.length === 0 ? 'no view' : views.join(', ')}; predictions and labels that wait; ids of duplicates`,
    },
    { where: 'feature_log', what: `${rows.features} rows deleted` },
    { where: 'predictions', what: `${rows.predictions} rows deleted` },
    { where: 'labels', what: `${rows.labels} rows deleted` },
    ...(source.archive === true ? [{ where: 'events', what: unreadable }] : []),
    { where: topics.deadLetters, what: unreadable },
    { where: topics.late, what: unreadable },
    ...[name, ...(hops.length === 0 ? [] : [frontName(name)])].map((owner) => ({
      where: dataKeysTopic(owner),
      what: 'tombstones in every partition that had a key',
    })),
  ];
}

function keptOf({ topology, column, models, keeps }: ReportParts): Place[] {
  const { name, source, features, score, sinks = [] } = topology;
  const topics = topicsOf(topology);
  const key = score?.options.key ?? null;
  const treatment = key === null ? undefined : treatmentOf(source, key);
  const keyIs =
    treatment === undefined
      ? `'${key}' as it is`
      : `'${key}' ${treatment === 'hash' ? 'hashed' : 'encrypted'}`;
  const shared = Object.entries(features?.options.views ?? {})
    .filter(([, view]) => !view.key.includes(column))
    .map(([view]) => view);
  return [
    {
      where: source.topic,
      what: "the producers' topic: delete the events there; until then engines read them and leave nothing of them",
    },
    ...(key === null
      ? []
      : [
          {
            where: topics.predictions,
            what: `scores with the key ${keyIs}: records of a log are not deleted singly, and clients that resume get them`,
          },
        ]),
    {
      where: `${topics.observations}, ${topics.loopState}`,
      what: 'feature vectors and scores by offset, without a column of the event; deleted as snapshots pass them',
    },
    ...(shared.length === 0
      ? []
      : [{ where: `views ${shared.join(', ')}`, what: 'aggregates of many entities, by other columns' }]),
    ...hopsOf(name, source, features).map((hop) => ({
      where: hop.name,
      what: `${hop.columns.filter((read) => read !== column).join(', ')} of its events, without what names the entity: views of other keys count them`,
    })),
    ...keeps.map((stage) => ({
      where: `stage ${stage}`,
      what: 'its state: it does not say what it has of an entity',
    })),
    ...(models.length === 0
      ? []
      : [
          {
            where: `models ${models.map(({ version }) => version).join(', ')}`,
            what: 'what they have learned: train again, and remove the files',
          },
        ]),
    ...sinks.map(({ name }) => ({ where: `sink ${name}`, what: "the project's own: erase it there" })),
    {
      where: 'events that are gone',
      what: 'of neither the topic nor the archive: what they left under keys of several columns, or waiting, expires with its windows',
    },
    {
      where: 'records that did not decode',
      what: 'they name no entity; they are encrypted with the key of their partition',
    },
    { where: 'backups', what: 'of the state store, the history and the topics: as old as they are kept' },
  ];
}

export function reportText({ topology, digest, partitions, erased, kept }: ErasureReport): string {
  const width = Math.max(...[...erased, ...kept].map(({ where }) => where.length));
  const lines = (places: readonly Place[]): string[] =>
    places.map(({ where, what }) => `  ${where.padEnd(width)}  ${what}`);
  return [
    `erased from ${topology}: entity ${digest}`,
    ...partitions.map(({ partition, below }) => `  partition ${partition}: its events below offset ${below}`),
    ...lines(erased),
    'not erased:',
    ...lines(kept),
    '',
  ].join('\n');
}
