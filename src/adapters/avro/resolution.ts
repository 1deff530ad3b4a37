// How records of a writer's schema become the reader's columns (control path, once per schema), by the rules of Apache Avro's
// Java reader. What does not resolve is an error where it is met in the bytes: a writer's branch, symbol or null that the
// reader has no place for fails the records that have it, and no others.
// Source: org.apache.avro.Resolver of Avro 1.12; https://avro.apache.org/docs/1.12.0/specification/#schema-resolution
import { MapKeys } from '../../core/map-keys.ts';
import { PROMOTIONS, scalarAction, type Action, type ListAction } from './actions.ts';
import {
  branchName,
  DURATION_PARTS,
  isDuration,
  LENGTH,
  valueBranches,
  type FieldPlan,
} from './column-plan.ts';
import { columnDefaults, isBelow, itemColumns, listColumns, type Constant } from './default-values.ts';
import type { RowFault } from '../shared/row-reader.ts';
import {
  shortName,
  type EnumNode,
  type FieldNode,
  type RecordNode,
  type SchemaNode,
  type UnionNode,
} from './schema-node.ts';
import { isTimeOfDay, unitName, unitOf } from './time-units.ts';
import { typeText } from './type-names.ts';
import { WriterNames } from './writer-names.ts';

/** Types that match by themselves, without a name. */
const UNNAMED: ReadonlySet<string> = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'string']);

export interface ReaderSchema {
  readonly node: SchemaNode;
  /** Its plan. */
  readonly fields: readonly FieldPlan[];
}

/**
 * @param where names the writer's schema in messages: `schema id 7`
 * @throws Error if no record of the writer can be resolved
 */
export function resolve(writer: SchemaNode, reader: ReaderSchema, where: string): Action {
  return new Resolution(reader, where).resolve(writer, reader.node, '');
}

class Resolution {
  readonly #where: string;
  readonly #names: WriterNames;
  readonly #fields: readonly FieldPlan[];
  readonly #columns: ReadonlyMap<string, number>;
  /** By writer's type and reader's place: a type may occur in many places. */
  readonly #known = new Map<SchemaNode, Map<string, Action>>();

  constructor({ node, fields }: ReaderSchema, where: string, names: WriterNames = new WriterNames(node)) {
    this.#where = where;
    this.#names = names;
    this.#fields = fields;
    this.#columns = new Map(fields.map(({ name }, column) => [name, column]));
  }

  /** @param path of the reader's field, dotted; empty for the record itself */
  resolve(writer: SchemaNode, reader: SchemaNode, path: string): Action {
    const known = this.#known.get(writer) ?? new Map<string, Action>();
    this.#known.set(writer, known);
    // A nullable field and its value's type have the same path.
    const key = `${reader.type} ${path}`;
    const action = known.get(key) ?? this.#resolve(writer, reader, path);
    known.set(key, action);
    return action;
  }

  #resolve(writer: SchemaNode, reader: SchemaNode, path: string): Action {
    // Nothing is read of it, such as of a list in a list.
    if (this.#below(path).length === 0 && path !== '') return { kind: 'skip', node: writer };
    if (writer.type === 'union') {
      const isSame = reader.type === 'union' && this.#isSameUnion(writer, reader);
      const branches = writer.branches.map((branch, i) =>
        isSame
          ? this.#branch(branch, reader.branches[i] as SchemaNode, reader, path)
          : this.resolve(branch, reader, path),
      );
      return { kind: 'union', branches };
    }
    if (reader.type === 'union') {
      const match = this.#matching(writer, reader);
      return match === undefined
        ? this.#error(path, writer, reader)
        : this.#branch(writer, match, reader, path);
    }
    if (writer.type === 'record' && reader.type === 'record') return this.#record(writer, reader, path);
    if (writer.type === 'enum' && reader.type === 'enum') return this.#enum(writer, reader, path);
    if (writer.type === 'array' && reader.type === 'array') {
      const length = this.#columns.get(`${path}.${LENGTH}`) ?? -1;
      const list = this.#list(writer.items, reader.items, listColumns(path, this.#fields, 'items'));
      return { kind: 'array', item: writer.items, items: [], missing: [], length, list };
    }
    if (writer.type === 'map' && reader.type === 'map') {
      const list = this.#list(writer.values, reader.values, listColumns(path, this.#fields, 'entries'));
      return { kind: 'map', value: writer.values, keys: [], values: [], missing: [], list };
    }
    const fits = writer.type === reader.type || PROMOTIONS[writer.type]?.includes(reader.type) === true;
    return fits ? this.#scalar(writer, reader, path) : this.#error(path, writer, reader);
  }

  /** The items of an array, or the values of a map, as the rows of lists: they are resolved as a record is. */
  #list(writer: SchemaNode, reader: SchemaNode, columns: readonly number[]): ListAction | null {
    const [column] = columns;
    if (column === undefined) return null;
    // The reader sets the key behind the value.
    const { key, items: fields } = itemColumns(columns, this.#fields);
    const hasValues = fields.length > (key < 0 ? 0 : 1);
    const item: Action = hasValues
      ? new Resolution({ node: reader, fields }, this.#where, this.#names).resolve(writer, reader, '')
      : { kind: 'skip', node: writer };
    return { column, item, key, keys: new MapKeys() };
  }

  /** A value that is read as one branch of a union: the columns of its other branches are null. */
  #branch(writer: SchemaNode, branch: SchemaNode, { branches }: UnionNode, path: string): Action {
    const all = this.#below(path);
    if (branch.type === 'null') return { kind: 'nulls', columns: all };
    if (valueBranches(branches).length < 2) return this.resolve(writer, branch, path);
    const inner = `${path}.${branchName(branch)}`;
    const own = new Set(this.#below(inner));
    return {
      kind: 'branch',
      action: this.resolve(writer, branch, inner),
      nulls: all.filter((column) => !own.has(column)),
    };
  }

  /** The columns of a field, and of what is in it. */
  #below(path: string): number[] {
    return this.#fields.flatMap(({ name }, column) => (path === '' || isBelow(name, path) ? [column] : []));
  }

  /** The column of a field that has one: all but records. */
  #columnOf(path: string): number {
    return this.#columns.get(path) as number;
  }

  #scalar(writer: SchemaNode, reader: SchemaNode, path: string): Action {
    if (isDuration(reader)) {
      if (!isDuration(writer)) return this.#error(path, writer, reader);
      const [months, days, millis] = DURATION_PARTS.map((part) => this.#columnOf(`${path}.${part}`));
      return { kind: 'duration', columns: [months ?? -1, days ?? -1, millis ?? -1] };
    }
    const column = this.#columnOf(path);
    if (writer.type === 'null') return { kind: 'null', column };
    const plan = this.#fields[column] as FieldPlan;
    const unit = unitOf(writer);
    if (isTimeOfDay(unit ?? plan.unit) && plan.isEventTime)
      return this.#fault(`the field ${path} is a time of day there, which is no instant`);
    if (unit !== null && plan.unit !== null && isTimeOfDay(unit) !== isTimeOfDay(plan.unit))
      return this.#fault(`the field ${path} has ${unitName(unit)} there, and ${unitName(plan.unit)} here`);
    if (writer.type === 'fixed' && reader.type === 'fixed' && writer.size !== reader.size)
      return this.#fault(`the field ${path} has ${writer.size} bytes there, and ${reader.size} here`);
    return scalarAction(asReader(writer, reader), column, plan) ?? this.#error(path, writer, reader);
  }

  /** Enums match by the name without its namespace. */
  #enum(writer: EnumNode, reader: EnumNode, path: string): Action {
    if (shortName(this.#names.of(writer)) !== shortName(reader.name))
      return this.#error(path, writer, reader);
    const byDefault = typeof reader.default === 'string' ? reader.symbols.indexOf(reader.default) : -1;
    const found = writer.symbols.map((symbol) => {
      const code = reader.symbols.indexOf(symbol);
      return code < 0 ? byDefault : code;
    });
    const faults = found.map((code, i) =>
      code < 0
        ? this.#unresolved(`the field ${path} has no symbol ${writer.symbols[i]}, and no default`)
        : null,
    );
    return { kind: 'enum', column: this.#columnOf(path), codes: Int32Array.from(found), faults };
  }

  /** Records match whatever their names are. */
  #record(writer: RecordNode, reader: RecordNode, path: string): Action {
    const written = new Map<string, FieldNode>();
    for (const field of writer.fields) {
      const name = this.#names.ofField(writer, field);
      if (written.has(name)) throw new Error(`two fields of ${writer.name} are aliases of ${name}`);
      written.set(name, field);
    }
    const read = new Map(reader.fields.map((field) => [field.name, field]));
    const actions = [...written].map(([name, field]): Action => {
      const target = read.get(name);
      if (target === undefined) return { kind: 'skip', node: field.type };
      return this.resolve(field.type, target.type, path === '' ? name : `${path}.${name}`);
    });
    const constants: Constant[] = [];
    for (const field of reader.fields) {
      if (written.has(field.name)) continue;
      const name = path === '' ? field.name : `${path}.${field.name}`;
      if (field.default === undefined) return this.#fault(`it has no field ${name}, which is required`);
      constants.push(...columnDefaults(field.type, field.default, name, this.#fields));
    }
    return { kind: 'record', fields: actions, constants };
  }

  /** The branch of the reader's union that takes the writer's type: of the same type, or by promotion. */
  #matching(writer: SchemaNode, { branches }: UnionNode): SchemaNode | undefined {
    const same = branches.filter((branch) =>
      branch.type === 'enum' && writer.type === 'enum'
        ? branch.name === this.#names.of(writer)
        : branch.type === writer.type,
    );
    const named = 'name' in writer ? this.#names.of(writer) : '';
    const byName =
      same.find((branch) => 'name' in branch && branch.name === named) ??
      same.find((branch) => 'name' in branch && shortName(branch.name) === shortName(named));
    return byName ?? same[0] ?? branches.find(({ type }) => PROMOTIONS[writer.type]?.includes(type) === true);
  }

  /** Whether the branches of two unions match one by one. */
  #isSameUnion(writer: UnionNode, reader: UnionNode): boolean {
    if (reader.branches.length !== writer.branches.length) return false;
    return writer.branches.every((branch, i) => {
      const other = reader.branches[i] as SchemaNode;
      if (branch.type === 'enum' && other.type === 'enum')
        return (
          shortName(this.#names.of(branch)) === shortName(other.name) &&
          branch.symbols.join() === other.symbols.join()
        );
      return branch.type === other.type && UNNAMED.has(branch.type);
    });
  }

  #error(path: string, writer: SchemaNode, reader: SchemaNode): Action {
    const place = path === '' ? 'it' : `the field ${path}`;
    return this.#fault(`${place} is ${typeText(writer)} there, which is not read as ${typeText(reader)}`);
  }

  #fault(message: string): Action {
    return { kind: 'error', fault: this.#unresolved(message) };
  }

  #unresolved(message: string): RowFault {
    return {
      code: 'SCHEMA_INVALID',
      message: `${this.#where} cannot be read by the topology's: ${message}`,
    };
  }
}

/** Bytes that one of the schemas has as a decimal are what the reader's says, as logical types do not count in Avro's rules. */
function asReader(writer: SchemaNode, reader: SchemaNode): SchemaNode {
  const isSized = reader.type === 'bytes' || reader.type === 'fixed';
  if (!isSized || writer.type !== reader.type) return writer;
  const isOne = (writer.scale === null) !== (reader.scale === null);
  return isOne ? { ...writer, scale: reader.scale } : writer;
}
