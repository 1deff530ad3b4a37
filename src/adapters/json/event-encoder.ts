// Encodes events by column name as JSON objects (control path): for producers, tests and sample data.
import { MillraceError } from '../../core/errors.ts';
import { int64Of, isBase64Text, scaledText } from '../../core/exact-values.ts';
import type { EventEncoder, EventRow } from '../../ports/format.ts';
import type { ColumnPlan } from './column-tree.ts';
import { expected, numberIn, opOf } from './column-values.ts';

export class JsonEventEncoder implements EventEncoder {
  readonly #plans: readonly ColumnPlan[];
  readonly #ops: readonly number[];
  readonly #where: string;

  constructor(plans: readonly ColumnPlan[], eventTime: string, where: string) {
    this.#plans = plans;
    this.#ops = plans.map((plan) => opOf(plan, eventTime));
    this.#where = where;
  }

  /** Members in the order of the columns; those that are null are left out. */
  encode(event: EventRow): Buffer {
    const record: Tree = new Map();
    for (const [column, plan] of this.#plans.entries()) {
      const value = event[plan.name] ?? null;
      if (value !== null) set(record, plan.path, this.#valueOf(plan, this.#ops[column] as number, value));
      else if (!plan.isNullable) throw this.#misfit(plan, 'it is missing');
    }
    return Buffer.from(textOf(record));
  }

  misfit(event: EventRow): string | null {
    const found = this.#plans.find((plan, column) => {
      const value = event[plan.name] ?? null;
      return value === null ? !plan.isNullable : valueIn(plan, this.#ops[column] as number, value) === null;
    });
    return found?.name ?? null;
  }

  #valueOf(plan: ColumnPlan, op: number, value: Scalar): Leaf {
    const scalar = valueIn(plan, op, value);
    if (scalar === null) throw this.#misfit(plan, `it is not ${expected[plan.type]}`);
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
/** The text of a number, with digits that a number may not have. */
class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Leaf = Scalar | Digits;
/** A map, as an object would put names that look like numbers first. */
type Tree = Map<string, Leaf | Tree>;

/** Null for a value that is none of the column. */
function valueIn({ type, symbols, digits }: ColumnPlan, op: number, value: Scalar): Leaf | null {
  if (type === 'int64') return digitsOf(int64Of(value));
  if (type === 'bytes') return isBase64Text(value) ? value : null;
  if (type === 'scaled')
    return Number.isSafeInteger(value) ? digitsOf(scaledText(Number(value), digits)) : null;
  if (type === 'string') return typeof value === 'string' && value.isWellFormed() ? value : null;
  if (type === 'enum') return typeof value === 'string' && symbols.includes(value) ? value : null;
  if (type === 'boolean')
    return typeof value === 'boolean' || value === 0 || value === 1 ? Boolean(value) : null;
  const number = typeof value === 'number' ? numberIn(op, value) : Number.NaN;
  return Number.isNaN(number) ? null : number;
}

function digitsOf(text: string | null): Digits | null {
  return text === null ? null : new Digits(text);
}

function set(record: Tree, path: readonly string[], value: Leaf): void {
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
  const members = [...tree].map(
    ([name, value]) => `${JSON.stringify(name)}:${value instanceof Map ? textOf(value) : scalarText(value)}`,
  );
  return `{${members.join(',')}}`;
}

/** JSON.stringify loses the sign of zero. */
function scalarText(value: Leaf): string {
  if (value instanceof Digits) return value.text;
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}
