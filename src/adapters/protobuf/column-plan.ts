// Declared columns as the fields of a message (control path, once per writer's schema).
import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { requiredType, type Columns, type RequiredTypeName } from '../../core/columns.ts';
import {
  checkOf,
  OP_CODE,
  OP_GROUP,
  OP_MESSAGE,
  OP_NANOS,
  OP_SECONDS,
  opOf,
  WIRE_GROUP,
  WIRE_VARINT,
  wireOf,
} from './field-ops.ts';
import { codesOf, fallbackOf, namesOf } from './field-values.ts';
import {
  BARE,
  messageNode,
  type ColumnPlan,
  type FieldPlan,
  type MessageNode,
  type MessagePlan,
} from './message-plan.ts';

const TIMESTAMP = 'google.protobuf.Timestamp';
const DURATION = 'google.protobuf.Duration';
const WRAPPER = /^google\.protobuf\.(Double|Float|Int64|UInt64|Int32|UInt32|Bool|String)Value$/;

interface Placed {
  readonly column: number;
  readonly name: string;
  readonly path: readonly string[];
  readonly type: RequiredTypeName;
  readonly isNullable: boolean;
  readonly symbols: readonly string[];
  /** Behind the point, of a scaled column. */
  readonly digits: number;
}

/** @throws Error that says which column the message cannot fill */
export function planMessage(message: DescMessage, columns: Columns, eventTime: string): MessagePlan {
  return new Planner(eventTime, Object.entries(columns)).plan(message);
}

class Planner {
  readonly #eventTime: string;
  readonly #placed: readonly Placed[];
  readonly #columns: ColumnPlan[] = [];
  #nodeCount = 0;

  constructor(eventTime: string, columns: ReadonlyArray<[string, Columns[string]]>) {
    this.#eventTime = eventTime;
    this.#placed = columns.map(([name, declared], column) => {
      const type = requiredType(declared);
      const { symbols = [], digits = 0 } = declared;
      return {
        column,
        name,
        path: name.split('.'),
        type,
        isNullable: type !== declared.type,
        symbols,
        digits,
      };
    });
  }

  plan(message: DescMessage): MessagePlan {
    const root = this.#node(message, this.#placed, 0);
    return { root, nodeCount: this.#nodeCount, columns: this.#columns };
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

  #missing({ column, name, type, isNullable }: Placed, { typeName }: DescMessage): void {
    if (!isNullable) throw new Error(`the message ${typeName} has no field for the column '${name}'`);
    this.#columns[column] = { name, type, isNullable, fallback: null, node: -1 };
  }

  #field(field: DescField, list: readonly Placed[], depth: number, node: number): FieldPlan {
    const [first] = list as readonly [Placed]; // a group has one at least
    const leaf = list.find(({ path }) => path.length === depth + 1);
    if (field.fieldKind === 'list' || field.fieldKind === 'map') {
      const what = field.fieldKind === 'map' ? 'a map' : 'repeated';
      throw new Error(`the field '${field.name}' is ${what}, which the column '${first.name}' cannot hold`);
    }
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
    const { column, name, type, isNullable } = leaf;
    if (!NUMBERS.has(type) && !(type === 'timestamp' && message.typeName === TIMESTAMP))
      throw misfit(field, leaf);
    if (message.typeName !== TIMESTAMP && message.typeName !== DURATION) throw misfit(field, leaf);
    const id = this.#nodeCount++;
    this.#columns[column] = { name, type, isNullable, fallback: null, node: id };
    const part = { ...BARE, wire: WIRE_VARINT, column: id };
    const fields = new Map([
      [1, { ...part, number: 1, op: OP_SECONDS }],
      [2, { ...part, number: 2, op: OP_NANOS }],
    ]);
    return messageNode(id, fields, column, checkOf(type, name === this.#eventTime));
  }

  #scalar(field: DescField, leaf: Placed, node: number): FieldPlan {
    const { column, name, type, isNullable, symbols, digits } = leaf;
    const op = opOf(field, type);
    if (op === null) throw misfit(field, leaf);
    this.#columns[column] = { name, type, isNullable, fallback: fallbackOf(field, op, leaf), node };
    return {
      ...BARE,
      number: field.number,
      wire: wireOf(field),
      op,
      check: checkOf(type, name === this.#eventTime),
      digits,
      column,
      codes: field.enum !== undefined && op === OP_CODE ? codesOf(field.enum, symbols) : null,
      names: field.enum === undefined ? null : namesOf(field.enum),
      isOpen: field.enum?.open === true,
    };
  }
}

const NUMBERS: ReadonlySet<RequiredTypeName> = new Set(['double', 'float', 'int', 'long']);

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
