// Single records by the Protobuf reader.
import type { DescMessage } from '@bufbuild/protobuf';
import { planMessage } from '../../../src/adapters/protobuf/column-plan.ts';
import { ProtobufReader } from '../../../src/adapters/protobuf/columnar-reader.ts';
import type { Columns } from '../../../src/core/columns.ts';
import { RowsOf } from '../../support/read-rows.ts';

export function protobufRows(message: DescMessage, columns: Columns, eventTime: string): RowsOf {
  return new RowsOf(new ProtobufReader(planMessage(message, columns, eventTime)), columns, eventTime);
}
