// The decoder of a Protobuf source (control path): the readers that it opens are on the hot path.
import type { DescMessage } from '@bufbuild/protobuf';
import type { Columns } from '../../core/columns.ts';
import type { Schema } from '../../core/schema.ts';
import type { EventDecoder } from '../../ports/format.ts';
import type { SchemaKey, Schemas, SchemaText } from '../../ports/schemas.ts';
import { FramedDecoder } from '../shared/framed-decoder.ts';
import type { RowFault, RowReader } from '../shared/row-reader.ts';
import { planMessage } from './column-plan.ts';
import { ProtobufReader } from './columnar-reader.ts';
import { linkedFile, messageAt, parseSchema } from './linked-files.ts';
import { IndexedReader } from './message-indexes.ts';

export interface ProtobufSource {
  readonly columns: Columns;
  readonly schema: Schema;
  /** The column that holds the event time. */
  readonly eventTime: string;
  /** Of records without a frame; null if there are none. */
  readonly message: DescMessage | null;
  /** Name of the message that framed records must be of; null: any that has the columns. */
  readonly name: string | null;
}

/** @throws Error for a message that the columns cannot be read from */
export function protobufEventDecoder(source: ProtobufSource, schemas: Schemas): EventDecoder {
  const { columns, schema, eventTime, message, name } = source;
  const open = ({ text, references = [] }: SchemaText, id: SchemaKey): RowReader => {
    const file = linkedFile([...references, text].map(parseSchema));
    const openMessage = (indexes: readonly number[]): RowReader => {
      const found = messageAt(file, indexes);
      if (found === undefined) throw new Error(`it has no message at the position ${indexes.join('.')}`);
      if (name !== null && found.typeName !== name && !found.typeName.endsWith(`.${name}`))
        throw new Error(`the message is ${found.typeName}, not ${name}`);
      return new ProtobufReader(planMessage(found, columns, eventTime));
    };
    return new IndexedReader(openMessage, `schema id ${id}`);
  };
  const unframed =
    message === null ? NOT_FRAMED : new ProtobufReader(planMessage(message, columns, eventTime));
  return new FramedDecoder({ language: 'PROTOBUF', schema, schemas, open, unframed });
}

const NOT_FRAMED: RowFault = {
  code: 'EVENT_NOT_FRAMED',
  message: 'the bytes do not begin with a zero byte and a schema id',
};
