// How records of a writer's schema become the reader's columns (control path, once per schema), by the rules of Apache Avro's
// Java reader. What does not resolve is an error where it is met in the bytes: a writer's branch, symbol or null that the
// reader has no place for fails the records that have it, and no others.
// Source: org.apache.avro.Resolver of Avro 1.12; https://avro.apache.org/docs/1.12.0/specification/#schema-resolution
import { columnDefaults, type Constant } from './default-values.ts';
import type { FieldPlan } from './column-plan.ts';
import type { RowFault } from '../shared/row-reader.ts';
import {
  shortName,
  type EnumNode,
  type FieldNode,
  type RecordNode,
  type SchemaNode,
  type UnionNode,
} from './schema-node.ts';
import { unitChange, unitOf, type UnitChange } from './time-units.ts';
import { WriterNames } from './writer-names.ts';

export type NumberSource = 'int' | 'long' | 'float' | 'double' | 'boolean';

/** What is done with the next value of the bytes. */
export type Action =
  | { readonly kind: 'skip'; readonly node: SchemaNode }
  | {
      readonly kind: 'number';
      readonly column: number;
      readonly from: NumberSource;
      /** Whether an integer that has no exact Float64 becomes the nearest one, or else is a fault. */
      readonly isNearest: boolean;
      /** Whether it becomes a Float32. */
      readonly isFloat: boolean;
      readonly change: UnitChange | null;
    }
  | { readonly kind: 'string'; readonly column: number }
  | {
      readonly kind: 'enum';
      readonly column: number;
      /** By the writer's symbol: the reader's code, or the fault. */
      readonly codes: Int32Array;
      readonly faults: ReadonlyArray<RowFault | null>;
    }
  | { readonly kind: 'null'; readonly column: number }
  | { readonly kind: 'union'; readonly branches: readonly Action[] }
  | { readonly kind: 'record'; readonly fields: readonly Action[]; readonly constants: readonly Constant[] }
  | { readonly kind: 'error'; readonly fault: RowFault };

const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  bytes: ['string'],
};

/** Types that match by themselves, without a name. */
const UNNAMED: ReadonlySet<string> = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'string']);

export interface ReaderSchema {
  readonly node: SchemaNode;
  /** Its plan. */
  readonly fields: readonly FieldPlan[];
  /** Whether its enums have names of the engine's own: those of a writer then need not match. */
  readonly isDerived?: boolean;
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
  readonly #isDerived: boolean;
  readonly #fields: readonly FieldPlan[];
  readonly #columns: ReadonlyMap<string, number>;
  /** By writer's type and reader's place: a type may occur in many places. */
  readonly #known = new Map<SchemaNode, Map<string, Action>>();

  constructor({ node, fields, isDerived = false }: ReaderSchema, where: string) {
    this.#where = where;
    this.#names = new WriterNames(node);
    this.#isDerived = isDerived;
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
    if (writer.type === 'union') {
      const isSame = this.#isSameUnion(writer, reader);
      const branches = writer.branches.map((branch, i) =>
        this.resolve(branch, isSame ? ((reader as UnionNode).branches[i] as SchemaNode) : reader, path),
      );
      return { kind: 'union', branches };
    }
    if (reader.type === 'union') {
      const match = this.#matching(writer, reader);
      return match === undefined ? this.#error(path, writer, reader) : this.resolve(writer, match, path);
    }
    if (writer.type === 'record' && reader.type === 'record') return this.#record(writer, reader, path);
    if (writer.type === 'enum' && reader.type === 'enum') return this.#enum(writer, reader, path);
    const fits = writer.type === reader.type || PROMOTIONS[writer.type]?.includes(reader.type) === true;
    return fits ? this.#primitive(writer, reader, path) : this.#error(path, writer, reader);
  }

  /** The column of a field that has one: all but records. */
  #columnOf(path: string): number {
    return this.#columns.get(path) as number;
  }

  #primitive(writer: SchemaNode, reader: SchemaNode, path: string): Action {
    const column = this.#columnOf(path);
    if (writer.type === 'null') return { kind: 'null', column };
    if (writer.type === 'string' || writer.type === 'bytes') return { kind: 'string', column };
    const { unit, columnUnit, isEventTime } = this.#fields[column] as FieldPlan;
    const written = unitOf(writer) ?? unit;
    if (written === 'day-time' && isEventTime)
      return this.#fault(`the field ${path} is a time of day there, which is no instant`);
    const isFloat = reader.type === 'float';
    const isNearest = isFloat || reader.type === 'double' || columnUnit === 'ns' || isEventTime;
    const from = writer.type as NumberSource; // what is left of those with a column
    return { kind: 'number', column, from, isNearest, isFloat, change: unitChange(written, columnUnit) };
  }

  /** Enums match by the name without its namespace, if the reader's is one that somebody gave. */
  #enum(writer: EnumNode, reader: EnumNode, path: string): Action {
    if (!this.#isDerived && shortName(this.#names.of(writer)) !== shortName(reader.name))
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
    const same = branches.find((branch) =>
      branch.type === 'enum' && writer.type === 'enum'
        ? this.#isDerived || branch.name === this.#names.of(writer)
        : branch.type === writer.type,
    );
    return same ?? branches.find(({ type }) => PROMOTIONS[writer.type]?.includes(type) === true);
  }

  /** Whether the branches of two unions match one by one. */
  #isSameUnion(writer: UnionNode, reader: SchemaNode): boolean {
    if (reader.type !== 'union' || reader.branches.length !== writer.branches.length) return false;
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

function typeText(node: SchemaNode): string {
  if (node.type === 'union')
    return `a union of ${node.branches.map((branch) => typeText(branch)).join(' and ')}`;
  return 'name' in node ? `${node.type} ${node.name}` : node.type;
}
