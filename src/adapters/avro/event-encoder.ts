// Encodes events by column name as Avro records (control path): for producers, tests and sample data.
import type { EventEncoder, EventRow } from '../../ports/format.ts';
import { OP_BOOLEAN, planColumns, type FieldPlan } from './column-plan.ts';
import { AvroRecordEncoder } from './records.ts';
import type { SubjectSchema } from './subject-schema.ts';
import { unitChange } from './time-units.ts';

export class AvroEventEncoder implements EventEncoder {
  readonly #fields: readonly FieldPlan[];
  readonly #encoder: AvroRecordEncoder<object>;

  constructor(schema: SubjectSchema, schemaId: number, eventTime: string) {
    this.#fields = planColumns(schema.node, schema.subject, eventTime);
    this.#encoder = new AvroRecordEncoder(schema, schemaId);
  }

  encode(event: EventRow): Buffer {
    return this.#encoder.encode(this.#recordOf(event));
  }

  misfit(event: EventRow): string | null {
    return this.#encoder.misfit(this.#recordOf(event));
  }

  #recordOf(event: EventRow): object {
    const record: Record<string, unknown> = {};
    for (const field of this.#fields) set(record, field.path, valueOf(field, event[field.name]));
    return record;
  }
}

/** Undefined is the schema's default, or an error if it has none. */
function valueOf(
  { op, spec, unit, columnUnit, isEventTime }: FieldPlan,
  value: EventRow[string] | undefined,
): EventRow[string] | bigint | undefined {
  if (value === undefined) return spec.nullable ? null : undefined;
  if (typeof value !== 'number') return value;
  if (unit === 'ns' && Number.isFinite(value))
    return isEventTime ? nanosOf(value) : BigInt(Math.trunc(value));
  const change = unitChange(columnUnit, unit);
  if (change !== null) return Math.floor((value * change.times) / change.over);
  return op === OP_BOOLEAN ? value !== 0 : value;
}

function nanosOf(timeMs: number): bigint {
  return BigInt(Math.floor(timeMs)) * 1_000_000n;
}

function set(record: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let into = record;
  for (const name of path.slice(0, -1)) into = (into[name] ??= {}) as Record<string, unknown>; // created right here
  into[path.at(-1) as string] = value;
}
