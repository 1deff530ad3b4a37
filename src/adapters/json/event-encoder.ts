// Encodes events by column name as JSON objects (control path): for producers, tests and sample data.
import { MillraceError } from '../../core/errors.ts';
import { epochText } from '../../core/epoch-number.ts';
import { int64Of, isBase64Text, scaledText } from '../../core/exact-values.ts';
import type { EventEncoder, EventRow, EventScalar } from '../../ports/format.ts';
import { listItems, placedLists } from '../shared/row-lists.ts';
import type { ColumnPlan } from './column-tree.ts';
import {
  expectedIn,
  numberIn,
  OP_CONNECT_DECIMAL,
  OP_CONNECT_TIME,
  OP_EPOCH,
  opOf,
  valueOp,
} from './column-values.ts';
import { connectBytes } from './connect-decimal.ts';
import { connectTimeText } from './connect-time.ts';

export class JsonEventEncoder implements EventEncoder {
  readonly #plans: readonly ColumnPlan[];
  readonly #lists: ReadonlyArray<readonly ColumnPlan[]>;
  /** By column: how it is written, and what its values are. */
  readonly #ops: readonly Ops[];
  readonly #where: string;

  constructor(plans: readonly ColumnPlan[], eventTime: string, where: string) {
    this.#plans = plans;
    this.#lists = placedLists(plans.filter(({ list }) => list !== null));
    this.#ops = plans.map((plan) => opsOf(plan, eventTime));
    this.#where = where;
  }

  /** Members in the order of the columns; those that are null are left out. */
  encode(event: EventRow): Buffer {
    const record: Tree = new Map();
    for (const [column, plan] of this.#plans.entries()) {
      const value = event[plan.name] ?? null;
      if (value === null && !plan.isNullable) throw this.#misfit(plan, 'it is missing');
      if (value === null || plan.list !== null) continue;
      set(record, plan.path, this.#valueOf(plan, this.#ops[column] as Ops, value));
    }
    for (const plans of this.#lists) this.#setLists(record, plans, event);
    return Buffer.from(textOf(record));
  }

  /** The lists of columns that come from one list, or one map. */
  #setLists(record: Tree, plans: readonly ColumnPlan[], event: EventRow): void {
    const [first] = plans as readonly [ColumnPlan]; // there is one at least
    const items = listItems(plans, event);
    if (items === null) return;
    if (typeof items === 'string') throw this.#misfit(first, items);
    const isMap = first.list?.part !== 'items';
    const key = plans.findIndex(({ list }) => list?.part === 'keys');
    if (isMap && key < 0 && items.length > 0) throw this.#misfit(first, 'the keys of the map are no column');
    const leaves = items.map((values) => {
      const item: Tree = new Map();
      for (const [column, { list }] of plans.entries()) {
        const value = values[column] ?? null;
        if (list === null || column === key || (value === null && list.item.path.length > 0)) continue;
        const ops = opsOf(list.item, '');
        set(item, ['', ...list.item.path], value === null ? value : this.#valueOf(list.item, ops, value));
      }
      return item.get('') ?? null;
    });
    if (!isMap) return set(record, first.path, leaves);
    set(record, first.path, new Map(leaves.map((leaf, i) => [String(items[i]?.[key]), leaf])));
  }

  misfit(event: EventRow): string | null {
    const found = this.#plans.find((plan, column) => {
      const value = event[plan.name] ?? null;
      if (value === null) return !plan.isNullable;
      if (plan.list === null) return valueIn(plan, this.#ops[column] as Ops, value) === null;
      const { item } = plan.list;
      return (
        !Array.isArray(value) ||
        value.some((one: EventScalar) =>
          one === null ? !item.isNullable : valueIn(item, opsOf(item, ''), one) === null,
        )
      );
    });
    return found?.name ?? null;
  }

  #valueOf(plan: ColumnPlan, ops: Ops, value: NonNullable<EventRow[string]>): Scalar | Digits {
    const scalar = valueIn(plan, ops, value);
    if (scalar === null) throw this.#misfit(plan, `it is not ${expectedIn(plan)}`);
    return scalar;
  }

  #misfit({ name }: ColumnPlan, why: string): MillraceError {
    return new MillraceError('SCHEMA_INVALID', `an event does not fit the columns: ${why}`, {
      where: `${this.#where}, column ${name}`,
      remedy: 'Give the column a value of its type.',
    });
  }
}

type Scalar = string | number | boolean;
type Ops = readonly [written: number, ofValue: number];

function opsOf(plan: ColumnPlan, eventTime: string): Ops {
  return [opOf(plan, eventTime), valueOp(plan, eventTime)];
}
/** The text of a number, with digits that a number may not have. */
class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Leaf = Scalar | Digits | null | ReadonlyArray<Leaf | Tree>;
/** A map, as an object would put names that look like numbers first. */
type Tree = Map<string, Leaf | Tree>;

/** Null for a value that is none of the column. */
function valueIn(
  plan: ColumnPlan,
  [op, ofValue]: Ops,
  value: NonNullable<EventRow[string]>,
): Scalar | Digits | null {
  if (typeof value === 'object') return null;
  const { type, symbols, digits, unit, encoding } = plan;
  if (op === OP_EPOCH && unit !== null)
    return typeof value === 'number' ? digitsOf(epochText(value, unit)) : null;
  if (op === OP_CONNECT_TIME && encoding?.unit !== undefined)
    return typeof value === 'number' ? digitsOf(connectTimeText(encoding.unit, value)) : null;
  if (op === OP_CONNECT_DECIMAL && encoding?.scale !== undefined)
    return unscaled(plan, encoding.scale, value);
  if (type === 'int64') return digitsOf(int64Of(value));
  if (type === 'bytes') return isBase64Text(value) ? value : null;
  if (type === 'scaled')
    return Number.isSafeInteger(value) ? digitsOf(scaledText(Number(value), digits)) : null;
  if (type === 'string') return typeof value === 'string' && value.isWellFormed() ? value : null;
  if (type === 'enum') return typeof value === 'string' && symbols.includes(value) ? value : null;
  if (type === 'boolean')
    return typeof value === 'boolean' || value === 0 || value === 1 ? Boolean(value) : null;
  const number = typeof value === 'number' ? numberIn(ofValue, value) : Number.NaN;
  return Number.isNaN(number) ? null : number;
}

/** A decimal in base64. */
function unscaled({ type, digits }: ColumnPlan, scale: number, value: Scalar): string | null {
  if (typeof value === 'boolean') return null;
  const text = type === 'scaled' ? scaledText(Number(value), digits) : String(value);
  const [, sign = '', whole = '', rest = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(plain(text)) ?? [];
  const isExact = whole !== '' && /^0*$/.test(rest.slice(Math.max(0, scale)));
  if (!isExact || scale < 0) return null;
  return connectBytes(BigInt(sign + whole + rest.slice(0, scale).padEnd(scale, '0')));
}

/** Without an exponent. */
function plain(text: string): string {
  return /e/i.test(text) ? Number(text).toFixed(20) : text;
}

function digitsOf(text: string | null): Digits | null {
  return text === null ? null : new Digits(text);
}

function set(record: Tree, path: readonly string[], value: Leaf | Tree): void {
  let into = record;
  for (const name of path.slice(0, -1)) {
    const inner = into.get(name);
    const tree: Tree = inner instanceof Map ? inner : new Map();
    if (inner === undefined) into.set(name, tree);
    into = tree;
  }
  into.set(path.at(-1) as string, value);
}

function textOf(tree: Tree): string {
  const members = [...tree].map(([name, value]) => `${JSON.stringify(name)}:${valueText(value)}`);
  return `{${members.join(',')}}`;
}

function valueText(value: Leaf | Tree): string {
  if (value instanceof Map) return textOf(value);
  return isList(value) ? `[${value.map(valueText).join(',')}]` : scalarText(value);
}

function isList(value: Leaf): value is ReadonlyArray<Leaf | Tree> {
  return Array.isArray(value);
}

/** JSON.stringify loses the sign of zero. */
function scalarText(value: Scalar | Digits | null): string {
  if (value instanceof Digits) return value.text;
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}
