// Encodes events by column name as Avro records (control path): for producers, tests and sample data.
import type { Columns } from '../../core/columns.ts';
import { MS_PER_DAY, MS_PER_SECOND } from '../../core/time.ts';
import type { EventEncoder, EventRow, EventScalar } from '../../ports/format.ts';
import { listItems, placedLists } from '../shared/row-lists.ts';
import {
  DURATION_PARTS,
  fieldOp,
  isDuration,
  OP_BOOLEAN,
  OP_DECIMAL,
  OP_INT64,
  planColumns,
  valueBranches,
  type FieldPlan,
} from './column-plan.ts';
import { planDeclared } from './declared-plan.ts';
import { AvroRecordEncoder } from './records.ts';
import type { ArrayNode, MapNode, RecordNode, SchemaNode } from './schema-node.ts';
import type { SubjectSchema } from './subject-schema.ts';
import { unitChange } from './time-units.ts';

type Value = EventScalar;

export class AvroEventEncoder implements EventEncoder {
  readonly #record: RecordNode;
  /** By name; those of a list's items, and of a map's values, by the names that `itemName` gives them. */
  readonly #fields: ReadonlyMap<string, FieldPlan>;
  /** By the path of an array or a map. */
  readonly #lists: ReadonlyMap<string, readonly FieldPlan[]>;
  /** Whether longs are bigints, as one of the columns has all digits of its own, or microseconds of the years beyond 2255. */
  readonly #isWide: boolean;
  readonly #encoder: AvroRecordEncoder<object>;

  /** @param declared the columns that the topology declares, if the schema is derived from them */
  constructor(schema: SubjectSchema, schemaId: number, eventTime: string, declared: Columns | null = null) {
    const own = planColumns(schema.node, schema.subject, eventTime);
    const fields = declared === null ? own : planDeclared(declared, eventTime);
    this.#record = schema.node as RecordNode; // it has been planned as one
    const lists = fields.filter(({ list }) => list !== null);
    this.#fields = new Map([
      ...fields.filter(({ list }) => list === null).map((field) => [field.name, field] as const),
      ...lists.flatMap((field) => (field.list === null ? [] : [[itemName(field), field.list.item] as const])),
    ]);
    this.#lists = new Map(placedLists(lists).map((group) => [group[0]?.path.join('.') ?? '', group]));
    this.#isWide = fields.some(({ op, epochUnit }) => op === OP_INT64 || epochUnit === 'us');
    this.#encoder = new AvroRecordEncoder(schema, schemaId, this.#isWide);
  }

  encode(event: EventRow): Buffer {
    return this.#encoder.encode(this.#recordOf(this.#record, '', event));
  }

  misfit(event: EventRow): string | null {
    return this.#encoder.misfit(this.#recordOf(this.#record, '', event));
  }

  #recordOf({ fields }: RecordNode, prefix: string, event: EventRow): object {
    const record: Record<string, unknown> = {};
    for (const { name, type } of fields) record[name] = this.#valueOf(type, prefix + name, event);
    return record;
  }

  /** Undefined is the schema's default, or an error if it has none. */
  #valueOf(node: SchemaNode, path: string, event: EventRow): unknown {
    const [only, ...others] = node.type === 'union' ? valueBranches(node.branches) : [node];
    if (only === undefined) return null;
    if (others.length > 0) return undefined;
    const isNullable = node.type === 'union';
    if (only.type === 'record')
      return isNullable && !this.#hasAny(path, event) ? null : this.#recordOf(only, `${path}.`, event);
    if (only.type === 'array' || only.type === 'map') return this.#items(only, path, event, isNullable);
    if (isDuration(only)) return durationOf(path, event) ?? (isNullable ? null : undefined);
    const plan = this.#fields.get(path);
    const value = event[path];
    return plan === undefined || isList(value) ? undefined : this.#scalarOf(only, plan, value);
  }

  /** An array or a map, from the lists of its columns. */
  #items(node: ArrayNode | MapNode, path: string, event: EventRow, isNullable: boolean): unknown {
    const plans = this.#lists.get(path);
    const items = plans === undefined ? undefined : listItems(plans, event);
    if (plans === undefined || items === undefined || items === null) return isNullable ? null : undefined;
    if (typeof items === 'string') return items; // no array, and no map: it does not fit
    const names = plans.map((plan) => itemName(plan));
    const rows = items.map((values) => Object.fromEntries(names.map((name, i) => [name, values[i] ?? null])));
    if (node.type === 'array') return rows.map((row) => this.#valueOf(node.items, `${path}[]`, row));
    return Object.fromEntries(
      rows.map((row) => [String(row[`${path}()`]), this.#valueOf(node.values, `${path}[]`, row)]),
    );
  }

  #hasAny(path: string, event: EventRow): boolean {
    return (
      [...this.#fields.keys()].some(
        (name) => name.startsWith(`${path}.`) && (event[name] ?? null) !== null,
      ) ||
      [...this.#lists].some(
        ([list, plans]) =>
          list.startsWith(`${path}.`) && plans.some(({ name }) => (event[name] ?? null) !== null),
      )
    );
  }

  #scalarOf(node: SchemaNode, plan: FieldPlan, value: Value | undefined): unknown {
    const { spec, unit, columnUnit, epochUnit, op } = plan;
    if (value === undefined || value === null) return spec.nullable ? null : (value ?? undefined);
    if (node.type === 'bytes' || node.type === 'fixed') return octetsOf(node, plan, value);
    if (typeof value === 'string') return op === OP_INT64 ? wide(value) : value;
    if (typeof value !== 'number') return value;
    if (epochUnit === 's') return value / MS_PER_SECOND;
    // An instant within a day does not fit.
    if (epochUnit === 'days') return value / MS_PER_DAY;
    if (unit === 'ns' && Number.isFinite(value))
      return columnUnit === 'ms' ? nanosOf(value) : BigInt(Math.trunc(value));
    const change = unitChange(columnUnit, unit);
    const number = change === null ? value : Math.floor((value * change.times) / change.over);
    if (op === OP_BOOLEAN) return number !== 0;
    return this.#isWide && node.type === 'long' ? wide(number) : number;
  }
}

/** The name of a list's items, `tags[]`, of what is in them, `items[].price`, and of a map's keys, `attrs()`. */
function itemName({ path, list }: FieldPlan): string {
  if (list?.part === 'keys') return `${path.join('.')}()`;
  return [`${path.join('.')}[]`, ...(list?.item.path ?? [])].join('.');
}

function isList(value: EventRow[string] | undefined): value is readonly EventScalar[] {
  return Array.isArray(value);
}

/** A value that is no integer stays what it is, and does not fit. */
function wide(value: string | number): unknown {
  try {
    return BigInt(value);
  } catch {
    return value;
  }
}

function octetsOf(
  node: SchemaNode & { scale: number | null },
  { op, digits }: FieldPlan,
  value: Value,
): unknown {
  const size = node.type === 'fixed' ? node.size : null;
  if (fieldOp(node) !== OP_DECIMAL) {
    if (typeof value !== 'string') return value;
    return value.includes('-') ? Buffer.from(value.replaceAll('-', ''), 'hex') : Buffer.from(value, 'base64');
  }
  if (typeof value !== 'number') return value;
  // A scaled column has the integer, a decimal one the number.
  const scaled = op === OP_DECIMAL ? Math.round(value * 10 ** digits) : value;
  return Number.isSafeInteger(scaled) ? complementOf(BigInt(scaled), size) : value;
}

/** Two's complement with the highest byte first, as short as it can be or of a size. */
function complementOf(value: bigint, size: number | null): Buffer {
  let bytes = size ?? 1;
  if (size === null) while (BigInt.asIntN(8 * bytes, value) !== value) bytes += 1;
  return Buffer.from(
    BigInt.asUintN(8 * bytes, value)
      .toString(16)
      .padStart(2 * bytes, '0'),
    'hex',
  );
}

function durationOf(path: string, event: EventRow): Buffer | null {
  const parts = DURATION_PARTS.map((part) => event[`${path}.${part}`]);
  if (!parts.every((part) => typeof part === 'number')) return null;
  const bytes = Buffer.alloc(12);
  for (const [i, part] of parts.entries()) bytes.writeUInt32LE(part, 4 * i);
  return bytes;
}

function nanosOf(timeMs: number): bigint {
  return BigInt(Math.floor(timeMs)) * 1_000_000n;
}
