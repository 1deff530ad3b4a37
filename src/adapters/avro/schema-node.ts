// An Avro schema as a graph (control path, once per schema). Writers' schemas come from strangers: what only matters to
// their writer, such as defaults, documentation and the form of names, is not looked at, and size and depth are bounded.
import {
  AVRO_SCHEMA_CHARS_MAX,
  AVRO_SCHEMA_DEPTH_MAX,
  AVRO_SCHEMA_NODES_MAX,
  DECIMAL_SCALE_MAX,
} from '../../core/event-limits.ts';
import { connectLogicalType } from './connect-types.ts';

export type PrimitiveName = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';

export interface PrimitiveNode {
  readonly type: PrimitiveName;
  /** As it is written, or as Kafka Connect names it; Avro ignores those that it does not know. */
  readonly logicalType: string | null;
  /** Of bytes that are a decimal: its digits behind the point; null for all others. */
  readonly scale: number | null;
}

interface NamedNode {
  /** With its namespace. */
  name: string;
  readonly aliases: readonly string[];
}

export interface EnumNode extends NamedNode {
  readonly type: 'enum';
  readonly symbols: readonly string[];
  readonly default: unknown;
}

export interface FixedNode extends NamedNode {
  readonly type: 'fixed';
  readonly size: number;
  readonly logicalType: string | null;
  /** As of bytes. */
  readonly scale: number | null;
}

export interface FieldNode {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: SchemaNode;
  /** Undefined if it has none. */
  readonly default: unknown;
}

export interface RecordNode extends NamedNode {
  readonly type: 'record';
  /** Filled once they are parsed: they may name the record itself. */
  fields: readonly FieldNode[];
}

export interface ArrayNode {
  readonly type: 'array';
  readonly items: SchemaNode;
}

export interface MapNode {
  readonly type: 'map';
  readonly values: SchemaNode;
}

export interface UnionNode {
  readonly type: 'union';
  readonly branches: readonly SchemaNode[];
}

export type SchemaNode = PrimitiveNode | EnumNode | FixedNode | RecordNode | ArrayNode | MapNode | UnionNode;

/** The part of a name behind its namespace. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/**
 * Parses a schema.
 * @param references schemas that it refers to by name, each after those that it refers to itself
 * @throws Error that says what cannot be read
 */
export function parseSchema(text: string, references: readonly string[] = []): SchemaNode {
  const parser = new SchemaParser();
  for (const reference of references) parser.parse(reference);
  return parser.parse(text);
}

type Json = Readonly<Record<string, unknown>>;

const PRIMITIVES: ReadonlySet<string> = new Set<PrimitiveName>([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
]);

class SchemaParser {
  readonly #named = new Map<string, { readonly node: SchemaNode; readonly json: Json }>();
  #charsLeft = AVRO_SCHEMA_CHARS_MAX;
  #nodesLeft = AVRO_SCHEMA_NODES_MAX;

  parse(text: string): SchemaNode {
    this.#charsLeft -= text.length;
    if (this.#charsLeft < 0) throw new Error(`it is longer than ${AVRO_SCHEMA_CHARS_MAX} characters`);
    return this.#node(JSON.parse(text), '', 0);
  }

  #node(json: unknown, namespace: string, depth: number): SchemaNode {
    if (depth > AVRO_SCHEMA_DEPTH_MAX)
      throw new Error(`it is nested deeper than ${AVRO_SCHEMA_DEPTH_MAX} levels`);
    if (--this.#nodesLeft < 0) throw new Error(`it has more than ${AVRO_SCHEMA_NODES_MAX} types`);
    if (typeof json === 'string') return this.#byName(json, namespace, {});
    if (Array.isArray(json))
      return { type: 'union', branches: json.map((branch) => this.#node(branch, namespace, depth + 1)) };
    if (!isJson(json)) throw new Error(`it has ${JSON.stringify(json)} where a type should be`);
    const { type } = json;
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(json, namespace, depth);
      case 'enum':
        return this.#enum(json, namespace);
      case 'fixed':
        return this.#fixed(json, namespace);
      case 'array':
        return { type, items: this.#node(json['items'], namespace, depth + 1) };
      case 'map':
        return { type, values: this.#node(json['values'], namespace, depth + 1) };
      default:
        return typeof type === 'string'
          ? this.#byName(type, namespace, json)
          : this.#node(type, namespace, depth + 1);
    }
  }

  #byName(name: string, namespace: string, json: Json): SchemaNode {
    if (PRIMITIVES.has(name))
      return {
        type: name as PrimitiveName,
        logicalType: logicalTypeOf(json) ?? connectLogicalType(name, json),
        scale: name === 'bytes' ? scaleOf(json) : null,
      }; // just checked
    const found = this.#named.get(fullName(name, namespace)) ?? this.#named.get(name);
    if (found === undefined) throw new Error(`it refers to ${name}, which is not defined`);
    return found.node;
  }

  /** A name may be defined twice if the definitions are the same. */
  #define<T extends EnumNode | FixedNode | RecordNode>(node: T, json: Json): T {
    const before = this.#named.get(node.name);
    if (before !== undefined && JSON.stringify(before.json) !== JSON.stringify(json))
      throw new Error(`it defines ${node.name} twice`);
    this.#named.set(node.name, { node, json });
    return node;
  }

  #record(json: Json, namespace: string, depth: number): RecordNode {
    const named = namesOf(json, namespace);
    const record: RecordNode = { type: 'record', ...named, fields: [] };
    this.#define(record, json);
    const inner = namespaceOf(named.name);
    const fields = listOf(json['fields'], `the fields of ${named.name}`);
    record.fields = fields.map((field): FieldNode => {
      if (!isJson(field)) throw new Error(`a field of ${named.name} is ${JSON.stringify(field)}`);
      const name = textOf(field['name'], `the name of a field of ${named.name}`);
      const type = this.#node(field['type'], inner, depth + 1);
      return { name, aliases: aliasesOf(field), type, default: field['default'] };
    });
    if (new Set(record.fields.map(({ name }) => name)).size < record.fields.length)
      throw new Error(`${named.name} has two fields of the same name`);
    return record;
  }

  #enum(json: Json, namespace: string): EnumNode {
    const named = namesOf(json, namespace);
    const symbols = listOf(json['symbols'], `the symbols of ${named.name}`).map((symbol) =>
      textOf(symbol, `a symbol of ${named.name}`),
    );
    return this.#define({ type: 'enum', ...named, symbols, default: json['default'] }, json);
  }

  #fixed(json: Json, namespace: string): FixedNode {
    const named = namesOf(json, namespace);
    const size = Number(json['size']);
    if (!(Number.isSafeInteger(size) && size >= 0)) throw new Error(`${named.name} has no size`);
    const logicalType = logicalTypeOf(json);
    return this.#define({ type: 'fixed', ...named, size, logicalType, scale: scaleOf(json) }, json);
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function logicalTypeOf({ logicalType }: Json): string | null {
  return typeof logicalType === 'string' ? logicalType : null;
}

/** Avro ignores a logical type that makes no sense. */
function scaleOf({ logicalType, precision, scale = 0 }: Json): number | null {
  if (logicalType !== 'decimal' || !isWhole(precision) || !isWhole(scale)) return null;
  return precision > 0 && scale <= precision && scale <= DECIMAL_SCALE_MAX ? scale : null;
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`${what} is missing`);
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${what} are missing`);
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function namespaceOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')));
}

function namesOf(json: Json, enclosing: string): NamedNode {
  const { namespace } = json;
  const name = fullName(
    textOf(json['name'], 'the name of a type'),
    typeof namespace === 'string' ? namespace : enclosing,
  );
  return { name, aliases: aliasesOf(json).map((alias) => fullName(alias, namespaceOf(name))) };
}

function aliasesOf({ aliases }: Json): string[] {
  return Array.isArray(aliases) ? aliases.filter((alias) => typeof alias === 'string') : [];
}
