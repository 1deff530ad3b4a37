// Declared columns as the fields of a message (control path, once per writer's schema).
import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import type { Columns, ScalarTypeName } from '../../core/columns.ts';
import { listNameProblem } from '../../core/list-path.ts';
import { placedColumns, type PlacedColumn } from '../shared/placed-columns.ts';
import {
  checkOf,
  OP_CODE,
  OP_ENTRY,
  OP_GROUP,
  OP_ITEM,
  OP_MESSAGE,
  OP_NANOS,
  OP_PACKED,
  OP_SECONDS,
  opOf,
  WIRE_BYTES,
  WIRE_GROUP,
  WIRE_VARINT,
  wireOf,
} from './field-ops.ts';
import { codesOf, fallbackOf, namesOf } from './field-values.ts';
import { hasNarrowKeys, itemFields } from './item-fields.ts';
import {
  BARE,
  messageNode,
  type ColumnPlan,
  type FieldPlan,
  type ListField,
  type MessageNode,
  type MessagePlan,
} from './message-plan.ts';

const TIMESTAMP = 'google.protobuf.Timestamp';
const DURATION = 'google.protobuf.Duration';
const WRAPPER = /^google\.protobuf\.(Double|Float|Int64|UInt64|Int32|UInt32|Bool|String)Value$/;

/** @throws Error that says which column the message cannot fill */
export function planMessage(message: DescMessage, columns: Columns, eventTime: string): MessagePlan {
  const placed = placedColumns(columns).map((one, column) => ({ ...one, column }));
  for (const { name, list } of placed) {
    const problem = list === null ? null : listNameProblem(name);
    if (problem !== null) throw new Error(`'${name}': ${problem}`);
  }
  return new Planner(eventTime, placed).plan(message);
}

interface Placed extends PlacedColumn {
  readonly column: number;
}

class Planner {
  readonly #eventTime: string;
  readonly #placed: readonly Placed[];
  readonly #columns: ColumnPlan[] = [];
  #nodeCount = 0;

  constructor(eventTime: string, placed: readonly Placed[]) {
    this.#eventTime = eventTime;
    this.#placed = placed;
  }

  plan(message: DescMessage): MessagePlan {
    return this.#planOf(this.#node(message, this.#placed, 0));
  }

  #planOf(root: MessageNode): MessagePlan {
    return { root, nodeCount: this.#nodeCount, columns: this.#columns };
  }

  /** The columns of a list as those of an item: the fields of a message, or the item itself. */
  items(field: DescField): ItemPlan {
    const [leaf] = this.#placed.filter(({ path }) => path.length === 0);
    if (field.fieldKind === 'message' && leaf === undefined)
      return { plan: this.plan(field.message), value: null, valueNode: null };
    if (leaf === undefined || this.#placed.length > 1)
      throw new Error(`the items of '${field.name}' are not all that '${this.#placed[0]?.name}' needs`);
    if (field.fieldKind === 'message')
      return { plan: this.#planOf(this.#known(field, leaf)), value: null, valueNode: null };
    const id = this.#nodeCount++;
    const value = this.#scalar(field, leaf, id);
    return { plan: this.#planOf(messageNode(id, new Map([[field.number, value]]))), value, valueNode: null };
  }

  /** The columns of a map as those of an entry, which is a message with the fields `key` and `value`. */
  entries(key: DescField, value: DescField): ItemPlan {
    const id = this.#nodeCount++;
    const [keys, values] = [true, false].map((isKey) =>
      this.#placed.filter(({ list }) => (list?.part === 'keys') === isKey),
    ) as [Placed[], Placed[]];
    const fields = new Map<number, FieldPlan>();
    for (const one of keys) fields.set(key.number, this.#scalar(key, one, id));
    // The depth is that of the paths in the value.
    const inValue = values.map((one) => ({ ...one, list: null }));
    if (inValue.length > 0) fields.set(value.number, this.#field(value, inValue, -1, id));
    const node = fields.get(value.number)?.node ?? null;
    return { plan: this.#planOf(messageNode(id, fields)), value: null, valueNode: node };
  }

  #list(field: DescField, list: readonly Placed[], depth: number, node: number): FieldPlan {
    const isMap = field.fieldKind === 'map';
    for (const { name, list: own, path } of list) {
      if (own !== null && path.length === depth + 1 && (own.part === 'items') !== isMap) continue;
      const what = isMap ? 'a map' : 'repeated';
      throw new Error(`the field '${field.name}' is ${what}, which the column '${name}' cannot hold`);
    }
    for (const { column, name, type, unit, isNullable } of list)
      this.#columns[column] = { name, type, unit, isNullable, fallback: null, isList: true, node };
    const items = list.map(({ list: own, ...one }, column): Placed => ({
      ...one,
      column,
      path: own?.inner ?? [],
      isNullable: own?.isNullable === true,
      list: isMap ? own : null,
    }));
    const planner = new Planner('', items);
    const { key, value } = itemFields(field);
    const parts = key === null ? planner.items(value) : planner.entries(key, value);
    return {
      ...BARE,
      number: field.number,
      wire: isMap ? WIRE_BYTES : wireOf(value),
      op: isMap ? OP_ENTRY : OP_ITEM,
      list: {
        columns: list.map(({ column }) => column),
        name: list[0]?.name ?? '',
        hasNarrowKeys: hasNarrowKeys(field),
        hasTextKeys: field.fieldKind === 'map' && field.mapKey === ScalarType.STRING,
        closedColumn: closedColumn(value, items),
        ...parts,
      },
    };
  }

  #node(message: DescMessage, placed: readonly Placed[], depth: number): MessageNode {
    const id = this.#nodeCount++;
    const fields = new Map<number, FieldPlan>();
    const parts = new Map<DescField, { columns: number[]; nodes: number[] }>();
    for (const [name, list] of Map.groupBy(placed, ({ path }) => path[depth] as string)) {
      const field = fieldOf(message, name);
      if (field === undefined) {
        for (const one of list) this.#missing(one, message);
        continue;
      }
      const before = this.#nodeCount;
      const plan = this.#field(field, list, depth, id);
      fields.set(field.number, plan);
      if (plan.op === OP_ITEM && plan.wire !== WIRE_BYTES && plan.wire !== WIRE_GROUP)
        fields.set(-field.number, { ...plan, wire: WIRE_BYTES, op: OP_PACKED });
      const nodes = Array.from({ length: this.#nodeCount - before }, (_, i) => before + i);
      parts.set(field, { columns: list.map(({ column }) => column), nodes });
    }
    this.#connectOneofs(message, fields, parts);
    return messageNode(id, fields);
  }

  /** A member of a oneof unsets the others, whether or not it is a column itself. */
  #connectOneofs(
    message: DescMessage,
    fields: Map<number, FieldPlan>,
    parts: ReadonlyMap<DescField, { readonly columns: readonly number[]; readonly nodes: readonly number[] }>,
  ): void {
    for (const oneof of message.oneofs) {
      if (!oneof.fields.some((field) => parts.has(field))) continue;
      for (const field of oneof.fields) {
        const others = oneof.fields.filter((other) => other !== field);
        const plan = fields.get(field.number) ?? { ...BARE, number: field.number, wire: wireOf(field) };
        fields.set(field.number, {
          ...plan,
          unsets: {
            columns: others.flatMap((other) => parts.get(other)?.columns ?? []),
            nodes: others.flatMap((other) => parts.get(other)?.nodes ?? []),
          },
        });
      }
    }
  }

  #missing({ column, name, type, unit, isNullable }: Placed, { typeName }: DescMessage): void {
    if (!isNullable) throw new Error(`the message ${typeName} has no field for the column '${name}'`);
    this.#columns[column] = { name, type, unit, isNullable, fallback: null, isList: false, node: -1 };
  }

  #field(field: DescField, list: readonly Placed[], depth: number, node: number): FieldPlan {
    const [first] = list as readonly [Placed]; // a group has one at least
    const leaf = list.find(({ path }) => path.length === depth + 1);
    if (field.fieldKind === 'list' || field.fieldKind === 'map') return this.#list(field, list, depth, node);
    const listed = list.find((one) => one.list !== null && one.path.length === depth + 1);
    if (listed !== undefined)
      throw new Error(`the field '${field.name}' is not repeated, as the column '${listed.name}' needs`);
    if (leaf !== undefined && list.length > 1)
      throw new Error(`'${leaf.name}' is a column, and others would be in it`);
    if (field.fieldKind === 'message') {
      const inner =
        leaf === undefined ? this.#node(field.message, list, depth + 1) : this.#known(field, leaf);
      const wire = wireOf(field);
      return {
        ...BARE,
        number: field.number,
        wire,
        op: wire === WIRE_GROUP ? OP_GROUP : OP_MESSAGE,
        node: inner,
      };
    }
    if (leaf === undefined)
      throw new Error(`the field '${field.name}' is no message, as '${first.name}' needs`);
    return this.#scalar(field, leaf, node);
  }

  /** A message that is a value: a time or a wrapper. */
  #known(field: DescField & { readonly message: DescMessage }, leaf: Placed): MessageNode {
    const { message } = field;
    if (WRAPPER.test(message.typeName)) {
      const id = this.#nodeCount++;
      const [value] = message.fields as [DescField];
      return messageNode(id, new Map([[value.number, this.#scalar(value, leaf, id)]]));
    }
    const { column, name, type, unit, isNullable } = leaf;
    if (unit !== null && message.typeName === TIMESTAMP)
      throw new Error(
        `'${name}' is declared as timestampIn('${unit}'), and the field '${field.name}' is a ${TIMESTAMP}, which says its unit itself: declare it as timestamp`,
      );
    if (!NUMBERS.has(type) && !(type === 'timestamp' && message.typeName === TIMESTAMP))
      throw misfit(field, leaf);
    if (message.typeName !== TIMESTAMP && message.typeName !== DURATION) throw misfit(field, leaf);
    const id = this.#nodeCount++;
    this.#columns[column] = { name, type, unit, isNullable, fallback: null, isList: false, node: id };
    const part = { ...BARE, wire: WIRE_VARINT, column: id };
    const fields = new Map([
      [1, { ...part, number: 1, op: OP_SECONDS }],
      [2, { ...part, number: 2, op: OP_NANOS }],
    ]);
    return messageNode(id, fields, column, checkOf(type, name === this.#eventTime));
  }

  #scalar(field: DescField, leaf: Placed, node: number): FieldPlan {
    const { column, name, type, unit, isNullable, symbols, digits } = leaf;
    const op = opOf(field, type, unit);
    if (op === null) throw misfit(field, leaf);
    const fallback = fallbackOf(field, op, leaf);
    this.#columns[column] = { name, type, unit, isNullable, fallback, isList: false, node };
    return {
      ...BARE,
      number: field.number,
      wire: wireOf(field),
      op,
      check: checkOf(type, name === this.#eventTime, unit),
      digits,
      unit,
      column,
      codes: field.enum !== undefined && op === OP_CODE ? codesOf(field.enum, symbols) : null,
      names: field.enum === undefined ? null : namesOf(field.enum),
      isOpen: field.enum?.open === true,
    };
  }
}

/** The column that is the item, if it is the value of a closed enum: a number that the enum does not have is no item. */
function closedColumn(value: DescField, items: readonly Placed[]): number {
  const leaf = items.find(({ path, list }) => path.length === 0 && list?.part !== 'keys');
  return value.enum?.open === false && leaf !== undefined ? leaf.column : -1;
}

type ItemPlan = Pick<ListField, 'plan' | 'value' | 'valueNode'>;

const NUMBERS: ReadonlySet<ScalarTypeName> = new Set(['double', 'float', 'int', 'long']);

/** By its name, or by that which it has in JSON. */
export function fieldOf({ fields }: DescMessage, name: string): DescField | undefined {
  return fields.find((field) => field.name === name) ?? fields.find((field) => field.jsonName === name);
}

function misfit(field: DescField, { name, type }: Placed): Error {
  const own = field.message?.typeName ?? field.enum?.typeName ?? ScalarType[field.scalar ?? 0]?.toLowerCase();
  return new Error(
    `the field '${field.name}' is of type ${own}, which the column '${name}', ${type}, cannot hold`,
  );
}
