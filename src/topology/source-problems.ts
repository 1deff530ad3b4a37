// What must hold for a source (control path).
import { PARTITIONS_MAX } from '../core/topology-limits.ts';
import {
  checkedOptions,
  column,
  columns,
  flag,
  nonEmptyText,
  objectWith,
  required,
  shown,
  whole,
  type OptionCheck,
  type OptionChecks,
} from '../core/option-checks.ts';
import type { Columns, EpochUnit } from '../core/columns.ts';
import { leadsIntoList, listNameProblem, listPath } from '../core/list-path.ts';
import { definedAt, unknownOptions, type Problem } from '../core/definition.ts';
import { AVRO_NAME, comesFromAvro } from './avro-schema.ts';
import { sensitiveCheck } from './sensitive-columns.ts';
import type { SourceOptions } from './source.ts';

/** What Kafka takes. */
const TOPIC = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

const TYPE =
  /^(?:list\((?:string|enum|double|float|int|long|boolean|timestamp|int64|bytes|decimal|scaled)\??\)|string|enum|double|float|int|long|boolean|timestamp|int64|bytes|decimal|scaled)\??$/;
const SCALED_DIGITS_MAX = 15;
const UNITS: readonly unknown[] = ['s', 'ms', 'us', 'ns', 'days'] satisfies EpochUnit[];

export const schemaCheck: OptionCheck = (schema) => {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    return `${shown(schema)} is no object of columns by name: { at: timestamp }`;
  for (const [name, column] of Object.entries(schema) as Array<[string, unknown]>) {
    const type = typeof column === 'object' && column !== null && 'type' in column ? column.type : undefined;
    if (typeof type === 'string' && type.startsWith('list(list('))
      return `'${name}' is a list of lists, which has no column: send one list, or a list of objects`;
    if (typeof type !== 'string' || !TYPE.test(type))
      return `the type of '${name}' is ${shown(column)}: use string, double, timestamp, nullable(string) and others`;
    const isList = type.startsWith('list(');
    const ofName = isList ? listNameProblem(name) : leadsIntoList(name) ? NO_LIST : null;
    if (ofName !== null) return `'${name}': ${ofName}`;
    const digits = typeof column === 'object' && column !== null && 'digits' in column ? column.digits : NaN;
    if (type.includes('scaled') && !isWithin(digits, SCALED_DIGITS_MAX))
      return `'${name}' has ${shown(digits)} digits behind the point: use 0 to ${SCALED_DIGITS_MAX}`;
    const unit = typeof column === 'object' && column !== null && 'unit' in column ? column.unit : undefined;
    if (unit !== undefined && !(type.includes('timestamp') && UNITS.includes(unit)))
      return `the unit of '${name}' is ${shown(unit)}: use timestampIn('s'), or 'ms', 'us', 'ns' or 'days'`;
    const symbols =
      column !== null && typeof column === 'object' && 'symbols' in column ? column.symbols : [''];
    if (type.includes('enum') && !(Array.isArray(symbols) && symbols.length > 0))
      return `the enumeration '${name}' has no symbol`;
  }
  return null;
};

const NO_LIST = 'what is in each item of a list is a column of lists: list(string), say';

function isWithin(value: unknown, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}

/** Whether the columns of a source make sense. */
export function isSchema(schema: Columns): boolean {
  return schemaCheck(schema) === null;
}

/** `topic` is checked by itself. */
const CHECKS: OptionChecks<Omit<SourceOptions, 'topic'>> = {
  eventTime: required(column, "'at'"),
  partitions: whole(1, PARTITIONS_MAX),
  subject: nonEmptyText,
  archive: flag,
  key: (key) => (typeof key === 'string' ? column(key) : columns(key)),
  format: objectWith(['name', 'decoder'], 'format: use avro(), json() or protobuf()'),
  sensitive: sensitiveCheck,
  entity: column,
  schema: schemaCheck,
};

/** @param topologyAt where the topology is defined: a source may be written in its definition */
export function sourceProblems(source: SourceOptions, topologyAt: string | null): Problem[] {
  const at = definedAt(source) ?? topologyAt;
  const { topic, format } = source;
  const schema = schemaCheck(source.schema ?? {}) === null ? (source.schema ?? {}) : {};
  const problem = (path: string, what: string): Problem => ({ path: `source.${path}`, what, at });
  // Other formats, and schemas that come from a file, may have nested columns.
  const isDerived = format === undefined && !comesFromAvro(schema);
  return [
    ...unknownOptions(source, ['topic', ...Object.keys(CHECKS)], { path: 'source', at }),
    ...topicProblems(topic).map((what) => problem('topic', what)),
    ...checkedOptions(source, CHECKS).problems.map(([path, what]) => problem(path, what)),
    ...(isDerived ? namingProblems(schema) : []).map(([path, what]) => problem(`schema.${path}`, what)),
  ];
}

/** Nothing if there can be a topic of that name. */
export function topicProblems(topic: string): string[] {
  if (typeof topic === 'string' && TOPIC.test(topic)) return [];
  return [
    `there can be no topic ${shown(topic)}: Kafka takes up to 249 letters, digits, dots, dashes and underscores`,
  ];
}

function namingProblems(schema: Columns): ReadonlyArray<readonly [path: string, what: string]> {
  return Object.entries(schema).flatMap(([name, { symbols = [] }]) => [
    // What follows a dot may be a position in an array, or a key of a map.
    ...(AVRO_NAME.test((leadsIntoList(name) ? listPath(name).outer[0] : name.split('.', 1)[0]) as string)
      ? []
      : [[name, 'a field of Avro has letters, digits and underscores'] as const]),
    ...symbols
      .filter((symbol, i) => !AVRO_NAME.test(symbol) || symbols.indexOf(symbol) < i)
      .map((symbol) => [name, `'${symbol}' is no symbol of Avro, or is there twice`] as const),
  ]);
}
