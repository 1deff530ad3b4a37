// What is done with the values of a record's bytes, as a tree (types), and what a scalar becomes in a column (control path,
// once per schema).
import type { EpochUnit } from '../../core/columns.ts';
import type { MapKeys } from '../../core/map-keys.ts';
import type { RowFault } from '../shared/row-reader.ts';
import {
  fieldOp,
  isUuid,
  OP_BOOLEAN,
  OP_BYTES,
  OP_DECIMAL,
  OP_DOUBLE,
  OP_FLOAT,
  OP_INT,
  OP_INT64,
  OP_LONG,
  OP_SCALED,
  OP_STRING,
  OP_UUID,
  type FieldPlan,
} from './column-plan.ts';
import { isVariableScale, isZonedText } from './connect-nodes.ts';
import type { Constant } from './default-values.ts';
import type { SchemaNode } from './schema-node.ts';
import { unitChange, unitOf, type UnitChange } from './time-units.ts';

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
  | { readonly kind: 'error'; readonly fault: RowFault }
  | ExactAction
  /** Columns of what is not there. */
  | { readonly kind: 'nulls'; readonly columns: readonly number[] }
  /** A value, and columns of what it is not. */
  | { readonly kind: 'branch'; readonly action: Action; readonly nulls: readonly number[] }
  | ArrayAction
  | MapAction;

/** What a decimal becomes: `digits` are those of a whole number. */
export type DecimalForm = 'text' | 'digits' | 'number' | 'scaled';

/** Scalars whose column has other values than the bytes. */
export type ExactAction =
  | { readonly kind: 'digits'; readonly column: number }
  | { readonly kind: 'symbol'; readonly column: number; readonly symbols: readonly string[] }
  /** `size`: of fixed ones; null if it is before them. */
  | { readonly kind: 'bytes'; readonly column: number; readonly size: number | null }
  | { readonly kind: 'uuid'; readonly column: number }
  | {
      readonly kind: 'decimal';
      readonly column: number;
      readonly size: number | null;
      readonly scale: number;
      readonly into: DecimalForm;
      /** Of a scaled number. */
      readonly digits: number;
    }
  /** A decimal with its scale in front of it. */
  | {
      readonly kind: 'variable-scale';
      readonly column: number;
      readonly into: DecimalForm;
      readonly digits: number;
    }
  /** A string that is a number. */
  | {
      readonly kind: 'numeral';
      readonly column: number;
      readonly into: 'digits' | 'number' | 'scaled';
      readonly digits: number;
    }
  /** A number with a fraction, or the text of an instant, as milliseconds. */
  | {
      readonly kind: 'epoch';
      readonly column: number;
      readonly from: 'double' | 'string';
      readonly unit: EpochUnit;
      readonly isEventTime: boolean;
    }
  /** An integer as a scaled number. */
  | { readonly kind: 'scaled'; readonly column: number; readonly digits: number }
  /** Columns of the months, days and milliseconds; -1 for none. */
  | { readonly kind: 'duration'; readonly columns: readonly [number, number, number] };

export interface ArrayAction {
  readonly kind: 'array';
  readonly item: SchemaNode;
  /** By position: what is done with the item. */
  readonly items: ReadonlyArray<Action | null>;
  /** By position: what is done if there is no such item. */
  readonly missing: ReadonlyArray<Action | null>;
  /** The column of its length; -1 if there is none. */
  readonly length: number;
  /** What is done with all of its items; null if columns have none of them. */
  readonly list: ListAction | null;
}

/** What is done with each item of an array, or each entry of a map: its columns are those of a list. */
export interface ListAction {
  /** A column of the record that has the list. */
  readonly column: number;
  readonly item: Action;
  /** Of a map: the column of the keys among those of the list; -1 if there is none. */
  readonly key: number;
  readonly keys: MapKeys;
}

export interface MapAction {
  readonly kind: 'map';
  readonly value: SchemaNode;
  readonly keys: readonly Buffer[];
  /** By key. */
  readonly values: readonly Action[];
  readonly missing: readonly Action[];
  readonly list: ListAction | null;
}

/** Types that become others, as Avro has it. */
export const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  bytes: ['string'],
  string: ['bytes'],
};

const NUMBERS: Readonly<Record<number, readonly string[]>> = {
  [OP_DOUBLE]: ['double', 'float', 'long', 'int'],
  [OP_FLOAT]: ['float', 'long', 'int'],
  [OP_LONG]: ['long', 'int'],
  [OP_INT]: ['int'],
  [OP_BOOLEAN]: ['boolean'],
  [OP_DECIMAL]: ['double', 'float', 'long', 'int'],
};

/** What a scalar other than an enum or null becomes in a column; null if there is no way. */
export function scalarAction(node: SchemaNode, column: number, plan: FieldPlan): Action | null {
  const { op, digits, unit, epochUnit, isEventTime } = plan;
  const own = fieldOp(node);
  if (unit !== null && epochUnit === null && isZonedText(node))
    return { kind: 'epoch', column, from: 'string', unit: 'ms', isEventTime };
  if (epochUnit !== null && (node.type === 'double' || node.type === 'string'))
    return { kind: 'epoch', column, from: node.type, unit: epochUnit, isEventTime };
  if (NUMBERS[op]?.includes(node.type) === true) return numberAction(node, column, plan);
  const isInteger = node.type === 'int' || node.type === 'long';
  const size = node.type === 'fixed' ? node.size : null;
  if (isVariableScale(node)) {
    const into = intoOf(op);
    return into === null ? null : { kind: 'variable-scale', column, into, digits };
  }
  if (own === OP_DECIMAL && 'scale' in node) {
    const into = intoOf(op);
    return into === null ? null : { kind: 'decimal', column, size, scale: node.scale ?? 0, into, digits };
  }
  switch (op) {
    case OP_STRING:
      if (node.type === 'string' || node.type === 'bytes') return { kind: 'string', column };
      if (isUuid(node)) return { kind: 'uuid', column };
      return isInteger ? { kind: 'digits', column } : null;
    case OP_INT64:
      if (node.type === 'string') return { kind: 'numeral', column, into: 'digits', digits };
      return isInteger ? { kind: 'digits', column } : null;
    case OP_BYTES:
      return own === OP_BYTES || own === OP_UUID || node.type === 'string'
        ? { kind: 'bytes', column, size }
        : null;
    case OP_UUID:
      return own === OP_UUID ? { kind: 'uuid', column } : null;
    case OP_DECIMAL:
      return node.type === 'string' ? { kind: 'numeral', column, into: 'number', digits } : null;
    case OP_SCALED:
      if (node.type === 'string') return { kind: 'numeral', column, into: 'scaled', digits };
      return isInteger ? { kind: 'scaled', column, digits } : null;
    default:
      return null;
  }
}

/** Null for a column that no decimal is read as. */
function intoOf(op: number): DecimalForm | null {
  if (op === OP_STRING) return 'text';
  if (op === OP_INT64) return 'digits';
  if (op === OP_SCALED) return 'scaled';
  return op === OP_DECIMAL || op === OP_DOUBLE ? 'number' : null;
}

function numberAction(
  node: SchemaNode,
  column: number,
  { op, unit, columnUnit, isEventTime }: FieldPlan,
): Action {
  const written = unitOf(node) ?? unit;
  const isFloat = op === OP_FLOAT;
  const isNearest = isFloat || op === OP_DOUBLE || op === OP_DECIMAL || columnUnit === 'ns' || isEventTime;
  const from = node.type as NumberSource; // what is left of those that are numbers
  return { kind: 'number', column, from, isNearest, isFloat, change: unitChange(written, columnUnit) };
}
