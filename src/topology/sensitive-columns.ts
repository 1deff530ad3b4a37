// The sensitive columns of a source: what they become for the stages, and what must hold for them (control path).
import { parseRead } from '../core/columns.ts';
import { isExpression } from '../core/expression.ts';
import { partsOf, type PartTree, type Problem } from '../core/definition.ts';
import { shown, type OptionCheck } from '../core/option-checks.ts';
import { isListKind, type ColumnSpec, type Schema } from '../core/schema.ts';
import type { ErrorCode } from '../core/errors.ts';
import { nearest } from '../core/unknown-keys.ts';
import type { Stage } from '../operators/stage.ts';
import type { SourceOptions } from './source.ts';
import type { Treatment, Treatments } from './treatment.ts';

type SensitiveSource = Pick<SourceOptions, 'sensitive' | 'entity' | 'eventTime'>;

const TREATMENTS: readonly string[] = ['hash', 'encrypt', 'drop'] satisfies Treatment[];

/** Whether a source has sensitive columns. */
export function isSensitive({ sensitive }: Pick<SourceOptions, 'sensitive'>): boolean {
  return sensitive !== undefined && Object.keys(sensitive).length > 0;
}

/** What is wrong with the option, whatever the columns are. */
export const sensitiveCheck: OptionCheck = (sensitive) => {
  if (typeof sensitive !== 'object' || sensitive === null || Array.isArray(sensitive))
    return `${shown(sensitive)} is no object of columns: { card: 'hash' }`;
  for (const [name, treatment] of Object.entries(sensitive) as Array<[string, unknown]>) {
    if (typeof treatment === 'string' && TREATMENTS.includes(treatment)) continue;
    const near = typeof treatment === 'string' ? nearest(treatment, TREATMENTS) : null;
    const meant = near === null ? '' : `; did you mean '${near}'?`;
    return `'${name}' is ${shown(treatment)}: use 'hash', 'encrypt' or 'drop'${meant}`;
  }
  return Object.keys(sensitive).length === 0 ? 'there is no column' : null;
};

/** What becomes of a column; undefined if it is not sensitive. */
export function treatmentOf(
  { sensitive = {} }: Pick<SourceOptions, 'sensitive'>,
  column: string,
): Treatment | undefined {
  return Object.hasOwn(sensitive, column) ? sensitive[column] : undefined;
}

/** The columns as the stages see them. */
export function visibleSchema(schema: Schema, source: Pick<SourceOptions, 'sensitive'>): Schema {
  const columns = Object.entries(schema).flatMap(([name, spec]): Array<[string, ColumnSpec]> => {
    const treatment = treatmentOf(source, name);
    if (treatment === undefined) return [[name, spec]];
    // The hash of a symbol is not one of the symbols, and that of a number no number.
    return treatment === 'drop' ? [] : [[name, { kind: 'string', nullable: spec.nullable }]];
  });
  return Object.fromEntries(columns);
}

/** What is wrong with the declaration, given the columns of the source. */
export function sensitiveProblems(source: SensitiveSource, schema: Schema, at: string | null): Problem[] {
  const { sensitive = {}, entity, eventTime } = source;
  if (sensitiveCheck(sensitive) !== null && source.sensitive !== undefined) return [];
  const problem = (path: string, what: string): Problem => ({ path: `source.${path}`, what, at });
  const problems = Object.entries(sensitive).flatMap(([name, treatment]) => {
    const what = treatment === undefined ? null : columnProblem(name, treatment, { eventTime, schema });
    return what === null ? [] : [problem(`sensitive.${name}`, what)];
  });
  const ofEntity = entity === undefined ? missingEntity(sensitive) : entityProblem(entity, sensitive, schema);
  return ofEntity === null ? problems : [...problems, problem('entity', ofEntity)];
}

function noColumn(name: string, schema: Schema): string {
  const near = nearest(name, Object.keys(schema));
  return `there is no column '${name}'${near === null ? '' : `; did you mean '${near}'?`}`;
}

function columnProblem(
  name: string,
  treatment: Treatment,
  { eventTime, schema }: { readonly eventTime: string; readonly schema: Schema },
): string | null {
  const spec = Object.hasOwn(schema, name) ? schema[name] : undefined;
  if (spec === undefined) return noColumn(name, schema);
  if (name === eventTime) return `'${name}' is the event time, which every stage and topic needs`;
  if (isListKind(spec.kind) && treatment !== 'drop')
    return `'${name}' has lists, which cannot have '${treatment}': use 'drop'`;
  return null;
}

function missingEntity(sensitive: Treatments): string | null {
  const encrypted = Object.keys(sensitive).find((name) => sensitive[name] === 'encrypt');
  return encrypted === undefined
    ? null
    : `'${encrypted}' is encrypted with a key of the event's entity: name the column that says whose the event is`;
}

function entityProblem(entity: string, sensitive: Treatments, schema: Schema): string | null {
  const spec = Object.hasOwn(schema, entity) ? schema[entity] : undefined;
  if (spec === undefined) return noColumn(entity, schema);
  if (isListKind(spec.kind)) return `'${entity}' has lists: an entity is one value`;
  const treatment = treatmentOf({ sensitive }, entity);
  if (treatment === 'drop' || treatment === 'encrypt')
    return `'${entity}' has '${treatment}', and data keys are found by it: use 'hash'`;
  return Object.keys(sensitive).length === 0
    ? 'there is no sensitive column: name some in source.sensitive'
    : null;
}

/** The engine's own kinds of stages: to them, an encrypted value says nothing. */
const OWN_KINDS =
  'contract dedupe derive features filter flatten join labels lookup map repartition score watermarks'.split(
    ' ',
  );

/** What stages may not do with the sensitive columns of their source. */
export function sensitiveReadProblems(
  source: Pick<SourceOptions, 'sensitive'>,
  stages: readonly Stage[],
  at: string | null,
): Problem[] {
  if (!isSensitive(source)) return [];
  return stages.flatMap((stage, i) => {
    const path = `stages[${i}]`;
    const repartitions: Problem[] =
      stage.kind === 'repartition'
        ? [{ path, what: 'it sends the bytes of events on, and the source has sensitive columns', at }]
        : [];
    const parts = partsOf(stage, path, at).flatMap(flattened);
    const reads = parts.flatMap((tree) =>
      readsOf(tree).flatMap(({ column, how }) => {
        const treatment = treatmentOf(source, column);
        const what = treatment === undefined ? null : readProblem(column, treatment, how, stage.kind);
        return what === null ? [] : [{ path: tree.path, what, at: tree.at }];
      }),
    );
    return [...repartitions, ...reads];
  });
}

function flattened(tree: PartTree): PartTree[] {
  return [tree, ...tree.inner.flatMap(flattened)];
}

/** How a part looks at a column: whether it is null, whether it is some text, or otherwise. */
type Look = 'null' | 'text' | 'value';

/** The reads of a part itself: those of the parts in it are theirs. */
function readsOf({ part, inner }: PartTree): ReadonlyArray<{ readonly column: string; readonly how: Look }> {
  const below = new Set(inner.flatMap(flattened).flatMap(({ part: child }) => readColumns(child)));
  const compared = comparedColumns(part, below);
  const isNullCheck = 'code' in part ? part.code === 'CONTRACT_NULL' : isReadAsAny(part);
  return readColumns(part)
    .filter((column) => !below.has(column) || compared.includes(column))
    .map((column) => {
      if (compared.includes(column)) return { column, how: 'text' };
      return { column, how: isNullCheck ? 'null' : 'value' };
    });
}

/** A column of either kind is an operand of `isNull` alone. */
function isReadAsAny(part: object): boolean {
  return isExpression(part) && part.reads.every((read) => parseRead(read).kind === 'any');
}

function readColumns(part: object): string[] {
  const reads = 'reads' in part && Array.isArray(part.reads) ? part.reads.map(String) : [];
  return [...new Set(reads.map((read) => parseRead(read).column))];
}

/** Codes of the rules that look at the text of their column. */
const TEXT_CODES: readonly unknown[] = [
  'CONTRACT_CATEGORY',
  'CONTRACT_REFERENCE',
  'CONTRACT_PATTERN',
  'CONTRACT_LENGTH',
  'CONTRACT_DISTRIBUTION',
] satisfies ErrorCode[];

/** Columns that a part compares with texts: of predicates, and of a rule that lists what is allowed. */
function comparedColumns(part: object, below: ReadonlySet<string>): string[] {
  const { where, options, kind, code, column } = part as Readonly<Record<string, unknown>>;
  const { when, never } = Object(options) as Readonly<Record<string, unknown>>;
  const predicates = [where, when, never].flatMap((predicate) =>
    // What an expression compares, it says itself: it is a part of its own.
    typeof predicate === 'object' && predicate !== null && !isExpression(predicate)
      ? Object.keys(predicate)
      : [],
  );
  if (kind === 'lookup') return readColumns(part);
  if (TEXT_CODES.includes(code)) predicates.push(String(column));
  if (isExpression(part) && part.looksIntoText === true) return readColumns(part);
  // The columns of an expression are those of a part below.
  return kind === 'filter' ? readColumns(part).filter((name) => !below.has(name)) : predicates;
}

function readProblem(column: string, treatment: Treatment, how: Look, stageKind: string): string | null {
  if (treatment === 'drop') return `reads '${column}': the source drops it`;
  if (treatment === 'hash')
    return how === 'text' ? `compares '${column}' with a text, and the source hashes it` : null;
  return how === 'null' || !OWN_KINDS.includes(stageKind)
    ? null
    : `reads '${column}', which the source encrypts: a stage can only require it`;
}
