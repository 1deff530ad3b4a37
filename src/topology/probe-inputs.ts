// The inputs of a topology's models as a probe changes them (control path): which features change together, what the contract
// allows them, and which of them the sender of an event steers.
import { type ColumnType, parseRead, requiredType } from '../core/columns.ts';
import { MillraceError } from '../core/errors.ts';
import { categoryCode } from '../core/murmur2.ts';
import type { Steering } from '../core/probe-report.ts';
import { suggestion } from '../core/unknown-keys.ts';
import type { FollowInputs, ProbeInput } from '../learning/probe/input.ts';
import type { ContractStage } from '../operators/contract.ts';
import type { Allowed } from '../operators/contract-rule.ts';
import { DerivedFeatures } from '../operators/derived-features.ts';
import type { FeaturesStage } from '../operators/feature-layout.ts';
import type { Stage } from '../operators/stage.ts';
import type { Topology } from './definition.ts';
import { isKind } from './stage-list.ts';

export interface ProbeInputs {
  readonly inputs: readonly ProbeInput[];
  readonly follow: FollowInputs;
  /** Columns of the source that enter the features and that the sender of an event chooses. */
  readonly columns: readonly string[];
}

/** What is known of a column where the features stage reads it. */
interface Known {
  /** The columns of the source that it is made of. */
  readonly sources: ReadonlySet<string>;
  /** Null for a column that a stage computes: how its values follow from others is the stage's own. */
  readonly allowed: Allowed | null;
}

function ofType(type: ColumnType | undefined): Allowed {
  const name: string = type === undefined ? '' : requiredType(type);
  switch (name) {
    case 'boolean':
      return { low: 0, high: 1, isWhole: true };
    case 'int':
    case 'long':
    case 'scaled':
    case 'timestamp':
      return { isWhole: true };
    case 'enum':
      return { texts: type?.symbols ?? [] };
    default:
      return {};
  }
}

function both(a: Allowed, b: Allowed): Allowed {
  const texts = b.texts === undefined ? a.texts : b.texts.filter((text) => a.texts?.includes(text) ?? true);
  return {
    low: Math.max(a.low ?? -Infinity, b.low ?? -Infinity),
    high: Math.min(a.high ?? Infinity, b.high ?? Infinity),
    isWhole: a.isWhole === true || b.isWhole === true,
    ...(texts === undefined ? {} : { texts }),
  };
}

class KnownColumns {
  readonly #types: Topology['source']['schema'];
  readonly #columns = new Map<string, Known>();

  constructor({ source, stages }: Pick<Topology, 'source' | 'stages'>, before: Stage) {
    this.#types = source.schema;
    for (const stage of stages) {
      if (stage === before) break;
      this.#pass(stage);
    }
  }

  at(column: string): Known {
    return (
      this.#columns.get(column) ?? { sources: new Set([column]), allowed: ofType(this.#types?.[column]) }
    );
  }

  #pass(stage: Stage): void {
    const { adds = {}, replaces = [], reads } = stage;
    const sources = new Set(reads.flatMap((read) => [...this.at(parseRead(read).column).sources]));
    // A default of a contract is computed from nothing.
    for (const column of [...Object.keys(adds), ...(isContract(stage) ? [] : replaces)])
      this.#columns.set(column, { sources, allowed: null });
    if (!isContract(stage)) return;
    // Also a rule that is for some events alone: a change then respects the contract whichever events it is for.
    for (const { column, allows } of stage.rules) {
      if (column === null || allows === undefined) continue;
      const { sources: own, allowed } = this.at(column);
      this.#columns.set(column, { sources: own, allowed: both(allowed ?? {}, allows) });
    }
  }
}

const isContract: (stage: Stage) => stage is ContractStage = isKind<ContractStage>('contract');

/**
 * The columns that the sender of an event does not choose, unless an operator says otherwise: keys, as an attacker has the
 * card that it has; the event time, which the log's own time bounds; and what labels are read from.
 */
function withheld({ source, features, score, labels }: Topology): ReadonlySet<string> {
  const views = Object.values(features?.options.views ?? {});
  const label = labels?.options.task.label.reads.map((read) => parseRead(read).column) ?? [];
  const keys = [score?.options.key, labels?.options.key, source.entity].filter((key) => key !== undefined);
  return new Set([source.eventTime, ...views.flatMap(({ key }) => key), ...keys, ...label]);
}

/**
 * @param given columns that the sender of an event chooses; null: all that enter the features but keys, event time and labels
 * @throws CONFIG_INVALID for a given column that enters no feature
 */
export function probeInputs(
  topology: Topology,
  features: FeaturesStage,
  given: readonly string[] | null,
): ProbeInputs {
  const known = new KnownColumns(topology, features);
  const { fields = {}, views = {} } = features.options;
  const aggregates = Object.values(views).flatMap((view) => Object.values(view.features));
  const read = [
    ...Object.values(fields).map(({ column }) => column),
    ...aggregates.flatMap(({ column }) => column ?? []),
  ];
  const entering = [...new Set(read.flatMap((column) => [...known.at(column).sources]))];
  const columns = given ?? without(entering, withheld(topology));
  requireEntering(columns, entering);
  const chosen = (column: string): string[] =>
    [...known.at(column).sources].filter((source) => columns.includes(source));
  const inputs = [...fieldInputs(features, known, chosen), ...windowInputs(features, chosen)];
  return { inputs, follow: followOf(features), columns: [...columns] };
}

function without(columns: readonly string[], left: ReadonlySet<string>): string[] {
  return columns.filter((column) => !left.has(column));
}

function requireEntering(columns: readonly string[], entering: readonly string[]): void {
  const strange = columns.find((column) => !entering.includes(column));
  if (strange === undefined) return;
  throw new MillraceError(
    'CONFIG_INVALID',
    `'${strange}' enters no feature${suggestion(strange, entering)}`,
    {
      where: '--columns',
      remedy: `Name columns of the source that features read: ${entering.join(', ')}.`,
    },
  );
}

/** Fields of one column are one input. */
function fieldInputs(
  { options, features }: FeaturesStage,
  known: KnownColumns,
  chosen: (column: string) => string[],
): ProbeInput[] {
  const fields = Object.values(options.fields ?? {});
  return [...new Set(fields.map(({ column }) => column))].map((column) => {
    const at = fields.flatMap((field, i) => (field.column === column ? [i] : []));
    const { allowed } = known.at(column);
    const { low = -Infinity, high = Infinity, isWhole = false, texts } = allowed ?? {};
    const columns = chosen(column);
    const kind = features[at[0] ?? 0]?.kind ?? 'numeric';
    return {
      features: at.map((i) => features[i]?.name ?? ''),
      at,
      kind,
      steering: columns.length > 0 ? 'event' : 'none',
      columns,
      range: allowed === null ? null : { low, high },
      isWhole,
      categories: texts === undefined ? null : texts.map((text) => categoryCode(text)),
    };
  });
}

/** Windows keep to what was logged: no rule is about them. */
function windowInputs(
  { options, features }: FeaturesStage,
  chosen: (column: string) => string[],
): ProbeInput[] {
  const first = Object.keys(options.fields ?? {}).length;
  const aggregates = Object.values(options.views ?? {}).flatMap((view) => Object.values(view.features));
  return aggregates.map(({ column }, i) => {
    const columns = column === null ? [] : chosen(column);
    // The sender's own events are counted.
    const steering: Steering = column === null || columns.length > 0 ? 'window' : 'none';
    const { name = '', kind = 'numeric' } = features[first + i] ?? {};
    const at = [first + i];
    return { features: [name], at, kind, steering, columns, range: null, isWhole: false, categories: null };
  });
}

function followOf({ id, options, features }: FeaturesStage): FollowInputs {
  const names = features.map(({ name }) => name);
  const derived = new DerivedFeatures(options.derived ?? {}, names, `stage ${id}`);
  return (values, base) => derived.compute(values.subarray(base, base + names.length), 1, new Map());
}
