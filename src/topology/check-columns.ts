// The columns that stages read, checked against those of the source (control path).
import { anyColumn, parseRead, stringColumn, type ColumnRead } from '../core/columns.ts';
import { definedAt, partsOf, type PartTree, type Problem } from '../core/definition.ts';
import { isListKind, itemKind, type ColumnKind, type Schema } from '../core/schema.ts';
import { nearest } from '../core/unknown-keys.ts';
import { predicateCheck, predicateReads, type Predicate } from '../window/predicate.ts';
import type { Stage } from '../operators/stage.ts';
import { schemaOf } from './columns-schema.ts';
import { sourceKey } from './hops.ts';
import { refuse } from './refuse.ts';
import { sensitiveProblems, sensitiveReadProblems, visibleSchema } from './sensitive-columns.ts';
import type { SourceOptions } from './source.ts';
import { listedStages } from './stage-list.ts';

interface Definition {
  readonly name: string;
  readonly source: Pick<SourceOptions, 'topic' | 'eventTime' | 'key' | 'sensitive' | 'entity'>;
  readonly stages: readonly Stage[];
}

type Kinds = ReadonlyMap<string, ColumnKind>;

/**
 * Checks that every column a stage reads is one of the source's or of an earlier stage's, and of the kind that it must be.
 * @throws MillraceError TOPOLOGY_INVALID that lists every column that is not
 */
export function checkColumns(topology: Definition, schema: Schema): void {
  const problems = columnProblems(topology, schema, null);
  refuse(topology.name, problems, columnsRemedy(topology, schema));
}

/** The columns that there are. */
export function columnsRemedy({ source }: Pick<Definition, 'source'>, schema: Schema): string {
  return `The columns of ${source.topic} are ${Object.keys(schema).join(', ')}.`;
}

/**
 * A problem for each column that a stage reads and that is not there, or is of another kind, and for each sensitive column
 * that cannot be treated as declared.
 * @param schema the columns of the source, before those are treated
 */
export function columnProblems(
  topology: Omit<Definition, 'name'>,
  schema: Schema,
  at: string | null,
): Problem[] {
  const { source, stages } = topology;
  return [
    ...sensitiveProblems(source, schema, definedAt(source) ?? at),
    ...sensitiveReadProblems(source, listedStages(stages), at),
    // A column that is dropped has a problem of its own.
    ...readProblems(topology, { ...schema, ...visibleSchema(schema, source) }, at),
  ];
}

function readProblems(topology: Omit<Definition, 'name'>, schema: Schema, at: string | null): Problem[] {
  const { source, stages } = topology;
  const kinds = new Map<string, ColumnKind>(
    Object.entries(schema).map(([column, { kind }]) => [column, kind]),
  );
  // Columns that are known before the state of a batch is read.
  const early = new Set(kinds.keys());
  const problems: Problem[] = [];
  const time = problemOf(`${source.eventTime}: number`, kinds);
  if (time !== null) problems.push({ path: 'source.eventTime', what: `the event time ${time}`, at });
  for (const column of sourceKey(source) ?? []) {
    const key = problemOf(`${column}: any`, kinds);
    if (key !== null) problems.push({ path: 'source.key', what: `the key ${key}`, at });
  }
  for (const [i, stage] of listedStages(stages).entries()) {
    problems.push(...partsOf(stage, `stages[${i}]`, at).flatMap((part) => partProblems(part, kinds)));
    const problem = (what: string): Problem => ({ path: `stages[${i}]`, what, at: definedAt(stage) ?? at });
    const { adds = {}, replaces = [] } = stage;
    for (const column of keysOf(stage)) {
      if (kinds.has(column) && !early.has(column))
        problems.push(
          problem(`stage '${stage.id}' finds its state by '${column}', which is computed from state`),
        );
    }
    for (const [column, { kind }] of Object.entries(schemaOf(adds))) {
      if (kinds.has(column))
        problems.push(problem(`stage '${stage.id}' adds '${column}', which is there already`));
      kinds.set(column, kind);
    }
    if (replaces.includes(source.eventTime))
      problems.push(problem(`stage '${stage.id}' replaces '${source.eventTime}', the event time`));
    const previewed = stage.previewed?.(early) ?? [];
    for (const column of [...Object.keys(adds), ...replaces]) {
      if (previewed.includes(column)) early.add(column);
      else early.delete(column);
    }
  }
  return problems;
}

/** The columns that must be known before a stage's state can be read. */
function keysOf({ keys, reads, memoryMs }: Stage): readonly string[] {
  if (keys !== undefined) return keys;
  return memoryMs > 0 ? reads.map((read) => parseRead(read).column) : [];
}

/** What is wrong with a read, as a predicate; null if nothing is. */
function problemOf(read: string, kinds: Kinds): string | null {
  const { column, kind } = parseRead(read);
  const is = kinds.get(column);
  if (is === undefined) {
    const near = nearest(column, [...kinds.keys()]);
    return `reads '${column}': no such column${near === null ? '' : `; did you mean '${near}'?`}`;
  }
  const holds = isListKind(is) ? kind === 'list' || kind === is : kind === 'any' || kind === is;
  return holds ? null : `needs a ${NAMES[kind]}, and '${column}' is a ${NAMES[is]}`;
}

const NAMES: Readonly<Record<ColumnRead['kind'], string>> = {
  number: 'number',
  string: 'string',
  any: 'number or string',
  'number[]': 'list of numbers',
  'string[]': 'list of strings',
  list: 'list',
};

/** The column that an aggregate, or one with several features, aggregates; null for other parts. */
function aggregatedColumn(part: object): string | null {
  const [aggregate] = 'parts' in part ? (Object.values(Object(part.parts) as object) as unknown[]) : [part];
  const { definition, column } = Object(aggregate) as Readonly<Record<string, unknown>>;
  return definition !== undefined && typeof column === 'string' ? column : null;
}

/** What an aggregate may read: the values of the lists in its column are aggregated one by one. */
function kindsFor(part: object, kinds: Kinds): Kinds {
  const column = aggregatedColumn(part);
  const is = column === null ? undefined : kinds.get(column);
  return column === null || is === undefined || !isListKind(is)
    ? kinds
    : new Map([...kinds, [column, itemKind(is)]]);
}

/** What a part reads besides the column that it, or a part of it, aggregates: the same read may be both. */
function readsBeside(part: object): string[] {
  const { key, where, bucketBy, options } = part as Readonly<Record<string, unknown>>;
  const { when, never } = Object(options) as Readonly<Record<string, unknown>>;
  const predicates = [where, when, never].filter((one) => predicateCheck(one) === null) as Predicate[];
  const keys = Array.isArray(key) ? key.map((column) => anyColumn(String(column))) : [];
  const buckets = typeof bucketBy === 'string' ? [stringColumn(bucketBy)] : [];
  return [...keys, ...buckets, ...predicates.flatMap((one) => predicateReads(one))];
}

/** A read that does not hold is a problem of the innermost part that it belongs to. */
function partProblems({ part, path, at, inner }: PartTree, kinds: Kinds): Problem[] {
  const below = new Set(inner.flatMap((child) => readsOf(child)));
  const own = readsOf({ part, inner: [] }).filter((read) => !below.has(read));
  const ownKinds = kindsFor(part, kinds);
  const beside = readsBeside(part).filter((read) =>
    isListKind(kinds.get(parseRead(read).column) ?? 'number'),
  );
  const problems = [
    ...own.map((read) => problemOf(read, ownKinds)),
    ...beside.map((read) => problemOf(read, kinds)),
  ];
  const found = [...new Set(problems)].filter((what) => what !== null);
  return [
    ...found.map((what) => ({ path, what, at })),
    ...inner.flatMap((child) => partProblems(child, kinds)),
  ];
}

function readsOf({ part, inner }: Pick<PartTree, 'part' | 'inner'>): readonly string[] {
  const own = 'reads' in part && Array.isArray(part.reads) ? part.reads.map(String) : [];
  return [...own, ...inner.flatMap((child) => readsOf(child))];
}
