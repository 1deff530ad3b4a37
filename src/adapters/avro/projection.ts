// How records of a writer's schema become columns that a topology declares, found by their paths (control path, once per
// schema). A path leads through records by field, through a union of several types by the name of one, through arrays by
// position and through maps by key; of null there is nothing in it.
import type { RowFault } from '../shared/row-reader.ts';
import type { ListPath } from '../../core/list-path.ts';
import { MapKeys } from '../../core/map-keys.ts';
import { scalarAction, type Action, type ListAction } from './actions.ts';
import {
  branchName,
  DURATION_PARTS,
  isDuration,
  LENGTH,
  OP_ENUM,
  OP_STRING,
  valueBranches,
  type FieldPlan,
  type ListPlan,
} from './column-plan.ts';
import type { Constant } from './default-values.ts';
import type { ArrayNode, EnumNode, MapNode, RecordNode, SchemaNode, UnionNode } from './schema-node.ts';
import { columnsFor, typeText } from './type-names.ts';
import { isTimeOfDay, unitName, unitOf } from './time-units.ts';

/** Declared columns as the tree of their paths. */
interface Branch {
  /** The column that ends here; -1 if there is none. */
  readonly column: number;
  readonly inner: ReadonlyMap<string, Branch>;
  /** The columns of lists that have the items of an array here, or the entries of a map. */
  readonly items: readonly number[];
  readonly entries: readonly number[];
  /** All columns here and below. */
  readonly columns: readonly number[];
}

/** A reader marks those that it has found in the bits of a word. */
const MAP_KEYS_MAX = 31;
/** A longer number is a key alone. */
const POSITION = /^(?:0|[1-9]\d{0,3})$/;

/** @param where names the writer's schema in messages: `schema id 7` */
export function project(writer: SchemaNode, fields: readonly FieldPlan[], where: string): Action {
  return new Projection(fields, where).at(writer, branchOf(placedOf(fields)), '');
}

interface Placed {
  readonly column: number;
  readonly path: readonly string[];
  /** Null for a column without lists. */
  readonly part: ListPath['part'] | null;
}

function placedOf(fields: readonly FieldPlan[]): Placed[] {
  return fields.map(({ path, list }, column) => ({ column, path, part: list?.part ?? null }));
}

function branchOf(placed: readonly Placed[]): Branch {
  const here = placed.filter(({ path }) => path.length === 0);
  const byName = Map.groupBy(
    placed.filter(({ path }) => path.length > 0),
    ({ path }) => path[0] as string,
  );
  return {
    column: here.find(({ part }) => part === null)?.column ?? -1,
    items: here.filter(({ part }) => part === 'items').map(({ column }) => column),
    entries: here.filter(({ part }) => part === 'keys' || part === 'values').map(({ column }) => column),
    inner: new Map(
      [...byName].map(([name, list]) => [
        name,
        branchOf(list.map((one) => ({ ...one, path: one.path.slice(1) }))),
      ]),
    ),
    columns: placed.map(({ column }) => column),
  };
}

class Projection {
  readonly #fields: readonly FieldPlan[];
  readonly #where: string;

  constructor(fields: readonly FieldPlan[], where: string) {
    this.#fields = fields;
    this.#where = where;
  }

  /** Recursive as deep as the paths of columns, whatever the schema is. */
  at(node: SchemaNode, branch: Branch | undefined, path: string): Action {
    if (branch === undefined || branch.columns.length === 0) return { kind: 'skip', node };
    if (node.type === 'union') return this.#union(node, branch, path);
    if (node.type === 'null') return this.#nothing(branch.columns, 'null');
    if (branch.column >= 0) return this.#leaf(node, branch, path);
    if (node.type === 'record') return this.#record(node, branch, path);
    if (node.type === 'array') return this.#array(node, branch, path);
    if (node.type === 'map') return this.#map(node, branch, path);
    if (isDuration(node)) return this.#duration(branch);
    const { name } = this.#fields[branch.columns[0] as number] as FieldPlan;
    return this.#unread(
      `the field ${path} is of ${typeText(node)}, which has no fields, as the column ${name} needs`,
    );
  }

  #union({ branches }: UnionNode, branch: Branch, path: string): Action {
    const names = valueBranches(branches).map((one) => branchName(one));
    const isTagged = names.length > 1 && names.some((name) => branch.inner.has(name));
    return {
      kind: 'union',
      branches: branches.map((one) => {
        if (!isTagged || one.type === 'null') return this.at(one, branch, path);
        const inner = branch.inner.get(branchName(one));
        const others = branch.columns.filter((column) => inner?.columns.includes(column) !== true);
        const required = this.#required(others);
        if (required !== undefined)
          return this.#fault(`'${required}' is not there: the value is of another type`);
        return { kind: 'branch', action: this.at(one, inner, join(path, branchName(one))), nulls: others };
      }),
    };
  }

  #record(node: RecordNode, branch: Branch, path: string): Action {
    const names = namesIn(node, branch);
    const lists = [...branch.items, ...branch.entries];
    if (lists.length > 0) return this.#misfit(node, { ...branch, columns: lists });
    const absent = [...branch.inner].flatMap(([name, { columns }]) => (names.includes(name) ? [] : columns));
    const required = this.#required(absent);
    if (required !== undefined) return this.#unread(`it has no field ${required}, which is required`);
    return {
      kind: 'record',
      fields: node.fields.map(({ name, type }, i) =>
        this.at(type, branch.inner.get(names[i] as string), join(path, name)),
      ),
      constants: absent.map((column): Constant => ({ column, value: null })),
    };
  }

  #array({ items }: ArrayNode, branch: Branch, path: string): Action {
    const places = [...branch.inner].filter(([name]) => POSITION.test(name));
    const count = Math.max(0, ...places.map(([name]) => Number(name) + 1));
    const actions = Array.from({ length: count }, (): Action | null => null);
    const missing = [...actions];
    for (const [name, inner] of places) {
      actions[Number(name)] = this.at(items, inner, join(path, name));
      missing[Number(name)] = this.#nothing(inner.columns, 'missing');
    }
    const length = branch.inner.get(LENGTH)?.column ?? -1;
    const found = new Set([...places.flatMap(([, { columns }]) => columns), ...branch.items]);
    const never = branch.columns.filter((column) => !found.has(column) && column !== length);
    const list = this.#list(items, branch.items, path);
    return this.#with({ kind: 'array', item: items, items: actions, missing, length, list }, never);
  }

  /** The items of an array, or the values of a map, as the rows of lists. */
  #list(node: SchemaNode, columns: readonly number[], path: string): ListAction | null {
    const [column] = columns;
    if (column === undefined) return null;
    const lists = columns.map((one) => (this.#fields[one] as FieldPlan).list as ListPlan); // columns of lists
    const key = lists.findIndex(({ part }) => part === 'keys');
    // Messages have the whole names.
    const items = lists.map(({ item }, i) => ({
      ...item,
      name: this.#fields[columns[i] as number]?.name ?? '',
    }));
    const placed = placedOf(items).filter((one) => one.column !== key);
    const item = new Projection(items, this.#where).at(node, branchOf(placed), `${path}[]`);
    return { column, item, key, keys: new MapKeys() };
  }

  #map({ values }: MapNode, branch: Branch, path: string): Action {
    const entries = [...branch.inner];
    if (entries.length > MAP_KEYS_MAX)
      throw new Error(`columns name more than ${MAP_KEYS_MAX} keys of the map ${path}`);
    const action: Action = {
      kind: 'map',
      value: values,
      keys: entries.map(([name]) => Buffer.from(name)),
      values: entries.map(([name, one]) => this.at(values, one, join(path, name))),
      missing: entries.map(([, { columns }]) => this.#nothing(columns, 'missing')),
      list: this.#list(values, branch.entries, path),
    };
    return this.#with(action, branch.items);
  }

  #duration(branch: Branch): Action {
    const [months, days, millis] = DURATION_PARTS.map((part) => branch.inner.get(part)?.column ?? -1);
    const columns = [months ?? -1, days ?? -1, millis ?? -1] as const;
    const never = branch.columns.filter((column) => !columns.includes(column));
    return this.#with({ kind: 'duration', columns }, never);
  }

  /** An action, and columns that nothing of this type can have. */
  #with(action: Action, never: readonly number[]): Action {
    const required = this.#required(never);
    if (required !== undefined) return this.#fault(`'${required}' is missing`);
    return never.length === 0 ? action : { kind: 'branch', action, nulls: never };
  }

  #leaf(node: SchemaNode, branch: Branch, path: string): Action {
    const plan = this.#fields[branch.column] as FieldPlan;
    if (node.type === 'enum') return this.#enum(node, branch.column, plan, path);
    const { name, epochUnit } = plan;
    const ofType = unitOf(node);
    if (isTimeOfDay(ofType) && plan.unit !== null)
      return this.#unread(
        `'${name}' is a timestamp, and the field ${path} is a time of day there, which is no instant: declare it as long`,
      );
    if (epochUnit !== null && ofType !== null && ofType !== epochUnit)
      return this.#unread(
        `'${name}' is declared as timestampIn('${epochUnit}'), and the field ${path} has ${unitName(ofType)} by its logical type: declare it as timestamp`,
      );
    return scalarAction(node, branch.column, plan) ?? this.#misfit(node, branch);
  }

  #enum(node: EnumNode, column: number, { op, symbols }: FieldPlan, path: string): Action {
    if (op === OP_STRING) return { kind: 'symbol', column, symbols: node.symbols };
    if (op !== OP_ENUM) return this.#misfit(node, { columns: [column] });
    const codes = Int32Array.from(node.symbols, (symbol) => symbols.indexOf(symbol));
    const faults = node.symbols.map((symbol, i) =>
      codes[i] === -1 ? this.#invalid(`the field ${path} has no symbol ${symbol}, and no default`) : null,
    );
    return { kind: 'enum', column, codes, faults };
  }

  /** Columns of what is not there. */
  #nothing(columns: readonly number[], why: 'null' | 'missing'): Action {
    const required = this.#required(columns);
    return required === undefined
      ? { kind: 'nulls', columns }
      : this.#fault(`'${required}' is ${why}, and the column is not nullable`);
  }

  /** The first of the columns that may not be null. */
  #required(columns: readonly number[]): string | undefined {
    return columns.map((column) => this.#fields[column] as FieldPlan).find(({ spec }) => !spec.nullable)
      ?.name;
  }

  #misfit(node: SchemaNode, { columns }: Pick<Branch, 'columns'>): Action {
    const { name } = this.#fields[columns[0] as number] as FieldPlan;
    return this.#unread(
      `the column ${name} would be of ${typeText(node)}, which is not read as its type: declare it as ${columnsFor(node, name)}`,
    );
  }

  #unread(message: string): Action {
    return { kind: 'error', fault: this.#invalid(message) };
  }

  #fault(message: string): Action {
    return { kind: 'error', fault: { code: 'EVENT_MALFORMED', message } };
  }

  #invalid(message: string): RowFault {
    return {
      code: 'SCHEMA_INVALID',
      message: `${this.#where} cannot be read by the topology's: ${message}`,
    };
  }
}

/** By field: the name by which columns are in it, its own or, of one that was renamed, an alias that no other field has. */
function namesIn({ fields }: RecordNode, { inner }: Branch): string[] {
  const taken = new Set(fields.map(({ name }) => name));
  return fields.map(({ name, aliases }) => {
    if (inner.has(name)) return name;
    const former = aliases.find((alias) => inner.has(alias) && !taken.has(alias));
    if (former === undefined) return name;
    taken.add(former);
    return former;
  });
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
