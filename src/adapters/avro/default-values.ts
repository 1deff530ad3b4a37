// The reader's defaults for fields that a writer does not have, as columns (control path, once per schema).
// Source: org.apache.avro.io.parsing.ResolvingGrammarGenerator of Avro 1.12
import type { FieldPlan } from './column-plan.ts';
import type { SchemaNode } from './schema-node.ts';
import { unitChange } from './time-units.ts';

/** A column's value in every record of a writer. */
export interface Constant {
  readonly column: number;
  /** Null is null. */
  readonly value: number | string | null;
}

/**
 * The columns of a field, which may be a record.
 * @param path of the field, dotted
 * @throws Error if the default does not fit the type
 */
export function columnDefaults(
  node: SchemaNode,
  json: unknown,
  path: string,
  fields: readonly FieldPlan[],
): Constant[] {
  if (node.type === 'record') {
    return node.fields.flatMap((field) => {
      const name = `${path}.${field.name}`;
      const given = isJson(json) ? json[field.name] : undefined;
      const value = given === undefined ? field.default : given;
      if (value === undefined) throw new Error(`there is no default for the field ${name}`);
      return columnDefaults(field.type, value, name, fields);
    });
  }
  const column = fields.findIndex(({ name }) => name === path);
  return [{ column, value: valueOf(node, json, fields[column] as FieldPlan) }];
}

function isJson(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function valueOf(node: SchemaNode, json: unknown, plan: FieldPlan): number | string | null {
  const { type } = node;
  if (type === 'union') {
    const branch = node.branches.find((candidate) => fits(candidate, json));
    if (branch !== undefined) return valueOf(branch, json, plan);
  } else if (fits(node, json)) {
    if (typeof json === 'number') return numberOf(type, json, plan);
    if (typeof json === 'boolean') return Number(json);
    return json as string | null; // what is left of what fits
  }
  throw new Error(`the default of the field ${plan.name} is ${JSON.stringify(json)}, which is no ${type}`);
}

function numberOf(type: string, json: number, { unit, columnUnit }: FieldPlan): number {
  if (type === 'double') return json;
  if (type === 'float') return Math.fround(json);
  const whole = Math.trunc(json);
  const change = unitChange(unit, columnUnit);
  return change === null ? whole : Math.floor((whole * change.times) / change.over);
}

function fits(node: SchemaNode, json: unknown): boolean {
  if (node.type === 'null') return json === null;
  if (node.type === 'boolean') return typeof json === 'boolean';
  if (node.type === 'string') return typeof json === 'string';
  if (node.type === 'enum') return typeof json === 'string' && node.symbols.includes(json);
  return typeof json === 'number';
}
