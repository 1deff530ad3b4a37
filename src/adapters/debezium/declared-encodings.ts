// How the values of columns are written, as a source of changes declares it (control path): JSON records that have no schema
// with them do not say it.
import {
  requiredType,
  type ColumnEncoding,
  type Columns,
  type EpochUnit,
  type TimeUnit,
} from '../../core/columns.ts';
import { MillraceError } from '../../core/errors.ts';
import { nearest } from '../../core/unknown-keys.ts';

export interface DeclaredEncodings {
  readonly units: Readonly<Record<string, TimeUnit>>;
  readonly scales: Readonly<Record<string, number>>;
}

/** Types that a decimal number with its scale may be read as. */
const DECIMALS = ['decimal', 'scaled', 'int64', 'double'];
/** Instants of the envelope, whose names say their unit. */
const UNIT_OF_ENVELOPE = /^(?:source\.)?ts_(us|ns)$/;
const ROW = /^(?:before|after)\./;

/**
 * By column.
 * @throws SCHEMA_INVALID for a name that is no column, or of one with values of another kind
 */
export function declaredEncodings(
  columns: Columns,
  { units, scales }: DeclaredEncodings,
  where: string,
): Map<string, ColumnEncoding> {
  const known = Object.keys(columns);
  // `amount` is also said of `before.amount`.
  const isKnown = (name: string): boolean =>
    known.some((column) => column === name || rowName(column) === name);
  for (const [option, given] of Object.entries({ units, scales }))
    for (const name of Object.keys(given)) if (!isKnown(name)) throw unknown(option, name, known, where);
  const encodings = new Map<string, ColumnEncoding>();
  for (const [name, column] of Object.entries(columns)) {
    const type = requiredType(column);
    const [, ofEnvelope] = UNIT_OF_ENVELOPE.exec(name) ?? [];
    const unit = own(units, name) ?? (ofEnvelope as TimeUnit | undefined);
    const scale = own(scales, name);
    if (column.unit !== undefined) {
      if (unit !== undefined && unit !== column.unit) throw twoUnits(name, column.unit, unit, where);
      continue;
    }
    if (unit !== undefined && (type === 'timestamp' || type === 'long')) encodings.set(name, { unit });
    else if (own(units, name) !== undefined) throw unfit('units', name, 'timestamp', where);
    else if (scale !== undefined) {
      if (![...DECIMALS, 'string'].includes(type)) throw unfit('scales', name, 'scaled(2)', where);
      encodings.set(name, { scale });
    } else if (DECIMALS.includes(type)) encodings.set(name, {});
  }
  return encodings;
}

function rowName(column: string): string {
  return column.replace(ROW, '');
}

function own<V>(given: Readonly<Record<string, V>>, column: string): V | undefined {
  if (Object.hasOwn(given, column)) return given[column];
  const name = rowName(column);
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

function unknown(option: string, name: string, columns: readonly string[], where: string): MillraceError {
  const near = nearest(name, columns);
  const meant = near === null ? '' : `; did you mean '${near}'?`;
  return new MillraceError('SCHEMA_INVALID', `${option} names '${name}', which is no column${meant}`, {
    where,
    remedy: "Name a declared column: debezium(json(), { units: { at: 'us' }, scales: { amount: 2 } }).",
  });
}

function twoUnits(name: string, declared: EpochUnit, unit: TimeUnit, where: string): MillraceError {
  return new MillraceError(
    'SCHEMA_INVALID',
    `'${name}' is declared as timestampIn('${declared}'), and has ${unit}`,
    {
      where,
      remedy: `Declare the column as timestampIn('${unit}'), or leave it out of units.`,
    },
  );
}

function unfit(option: string, name: string, type: string, where: string): MillraceError {
  return new MillraceError('SCHEMA_INVALID', `${option} names '${name}', whose type has none`, {
    where,
    remedy: `Declare the column with the type ${type}, or leave it out of ${option}.`,
  });
}
