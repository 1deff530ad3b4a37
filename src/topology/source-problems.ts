// What must hold for a source (control path).
import type { Columns } from '../core/columns.ts';
import { definedAt, unknownOptions, type Problem } from '../core/definition.ts';
import { comesFromAvro } from './avro-schema.ts';
import type { SourceOptions } from './source.ts';

const OPTIONS: Readonly<Record<keyof SourceOptions, true>> = {
  topic: true,
  eventTime: true,
  partitions: true,
  subject: true,
  archive: true,
  format: true,
  schema: true,
};

/** What Kafka takes. */
const TOPIC = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
/** What Avro takes as the name of a field, and as a symbol. */
const AVRO_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @param topologyAt where the topology is defined: a source may be written in its definition */
export function sourceProblems(source: SourceOptions, topologyAt: string | null): Problem[] {
  const at = definedAt(source) ?? topologyAt;
  const { topic, partitions = 1, schema = {}, format } = source;
  const problem = (path: string, what: string): Problem => ({ path: `source.${path}`, what, at });
  // Other formats, and schemas that come from a file, may have nested columns.
  const isDerived = format === undefined && !comesFromAvro(schema);
  return [
    ...unknownOptions(source, Object.keys(OPTIONS), { path: 'source', at }),
    ...topicProblems(topic).map((what) => problem('topic', what)),
    ...(Number.isInteger(partitions) && partitions >= 1
      ? []
      : [problem('partitions', `${partitions} is not a number of partitions`)]),
    ...(isDerived ? namingProblems(schema) : []).map(([path, what]) => problem(`schema.${path}`, what)),
  ];
}

/** Nothing if there can be a topic of that name. */
export function topicProblems(topic: string): string[] {
  if (TOPIC.test(topic)) return [];
  return [
    `there can be no topic '${topic}': Kafka takes up to 249 letters, digits, dots, dashes and underscores`,
  ];
}

function namingProblems(schema: Columns): ReadonlyArray<readonly [path: string, what: string]> {
  return Object.entries(schema).flatMap(([name, { symbols = [] }]) => [
    ...(AVRO_NAME.test(name) ? [] : [[name, 'a field of Avro has letters, digits and underscores'] as const]),
    ...symbols
      .filter((symbol, i) => !AVRO_NAME.test(symbol) || symbols.indexOf(symbol) < i)
      .map((symbol) => [name, `'${symbol}' is no symbol of Avro, or is there twice`] as const),
  ]);
}
