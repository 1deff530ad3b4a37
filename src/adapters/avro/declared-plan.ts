// The columns that a topology declares, as they are read from records of any schema (control path, once per source).
import { itemType, type Columns, type ColumnType, type ScalarTypeName } from '../../core/columns.ts';
import { listNameProblem } from '../../core/list-path.ts';
import { columnSpec } from '../../core/schema.ts';
import { placedColumns, type PlacedColumn } from '../shared/placed-columns.ts';
import {
  OP_BOOLEAN,
  OP_BYTES,
  OP_DECIMAL,
  OP_DOUBLE,
  OP_ENUM,
  OP_FLOAT,
  OP_INT,
  OP_INT64,
  OP_LONG,
  OP_SCALED,
  OP_STRING,
  refused,
  type FieldPlan,
} from './column-plan.ts';

const OP_OF_TYPE: Readonly<Record<ScalarTypeName, number>> = {
  long: OP_LONG,
  int: OP_INT,
  double: OP_DOUBLE,
  float: OP_FLOAT,
  boolean: OP_BOOLEAN,
  string: OP_STRING,
  enum: OP_ENUM,
  timestamp: OP_LONG,
  int64: OP_INT64,
  bytes: OP_BYTES,
  decimal: OP_DECIMAL,
  scaled: OP_SCALED,
};

/** The plan of columns that a topology declares, for any schema. @throws SCHEMA_INVALID if one is in another */
export function planDeclared(columns: Columns, eventTime: string): FieldPlan[] {
  const scalars = Object.keys(columns).filter((name) => itemType(columns[name] as ColumnType) === null);
  for (const name of scalars) {
    const inner = Object.keys(columns).find((other) => other.startsWith(`${name}.`) || other === `${name}[]`);
    if (inner !== undefined) throw refused(name, `it is a column, and '${inner}' would be in it`);
  }
  return placedColumns(columns).map((placed) =>
    declaredField(placed, columns[placed.name] as ColumnType, eventTime),
  );
}

function declaredField(placed: PlacedColumn, column: ColumnType, eventTime: string): FieldPlan {
  const { name, path, type, symbols, digits, list } = placed;
  const { unit: epochUnit = null } = column;
  const unit = type === 'timestamp' ? (epochUnit ?? 'ms') : null;
  const isEventTime = name === eventTime;
  const plan: FieldPlan = {
    name,
    path,
    op: OP_OF_TYPE[type],
    nullBranch: -1,
    symbols,
    spec: columnSpec(column),
    digits,
    unit,
    columnUnit: isEventTime || epochUnit !== null ? 'ms' : unit,
    epochUnit,
    isEventTime,
    list: null,
  };
  const item = itemType(column);
  if (list === null || item === null) return plan;
  const problem = listNameProblem(name);
  if (problem !== null) throw refused(name, problem);
  const { part, inner } = list;
  const spec = columnSpec(item);
  return {
    ...plan,
    list: { part, item: { ...plan, name: inner.join('.'), path: inner, spec, isEventTime: false } },
  };
}
