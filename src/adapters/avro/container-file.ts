// Rows of an Avro object container file (control path).
// Source: https://avro.apache.org/docs/1.12.0/specification/#object-container-files
import { messageOf, MillraceError } from '../../core/errors.ts';
import { AVRO_FILE_BLOCK_BYTES_MAX, AVRO_FILE_HEADER_BYTES_MAX } from '../../core/log-limits.ts';
import type { FileBytes, FileRow, RowFile } from '../../ports/row-file.ts';
import { named } from '../shared/named-rows.ts';
import { blockCodec, type BlockCodec } from './block-codecs.ts';
import { ByteStream } from './byte-stream.ts';
import { parseSchema, type RecordNode } from './schema-node.ts';
import { ValueReader } from './value-reader.ts';

const MAGIC = Buffer.from('Obj\u0001');
const SYNC_BYTES = 16;

interface Header {
  readonly schema: RecordNode;
  readonly codec: BlockCodec;
  readonly sync: Buffer;
}

/** @throws DATA_INVALID for what is no such file */
export async function openAvroFile(bytes: FileBytes): Promise<RowFile> {
  const stream = new ByteStream(bytes.chunks);
  try {
    const header = await headerOf(stream);
    return {
      counts: 'row',
      columns: header.schema.fields.map(({ name }) => name),
      share: () => bytes.share(),
      rows: () => named(rowsOf(stream, header), (cause) => unreadable(bytes.name, cause)),
      close: async () => bytes.close(),
    };
  } catch (cause) {
    bytes.close();
    throw unreadable(bytes.name, cause);
  }
}

async function headerOf(stream: ByteStream): Promise<Header> {
  const magic = await stream.take(MAGIC.length);
  if (!magic.equals(MAGIC)) throw new Error('it is no Avro container file');
  const metadata = new Map<string, Buffer>();
  let bytesLeft = AVRO_FILE_HEADER_BYTES_MAX;
  const text = async (): Promise<Buffer> => {
    const length = await stream.long();
    bytesLeft -= length;
    if (!(length >= 0 && bytesLeft >= 0))
      throw new Error(`its header has more than ${AVRO_FILE_HEADER_BYTES_MAX} bytes`);
    return stream.take(length);
  };
  for (let count = await stream.long(); count !== 0; count = await stream.long()) {
    if (count < 0) await stream.long(); // the size of the block
    for (let i = 0; i < Math.abs(count); i++) {
      bytesLeft -= 2;
      const key = (await text()).toString();
      metadata.set(key, await text());
    }
  }
  const sync = await stream.take(SYNC_BYTES);
  const schema = parseSchema(metadata.get('avro.schema')?.toString() ?? '');
  if (schema.type !== 'record')
    throw new Error(`its values are of type ${schema.type}, and rows are records`);
  return { schema, codec: blockCodec(metadata.get('avro.codec')?.toString() ?? 'null'), sync };
}

async function* rowsOf(stream: ByteStream, header: Header): AsyncGenerator<FileRow[]> {
  const reader = new ValueReader();
  let place = 0;
  while (!(await stream.isAtEnd())) {
    const rows = await nextBlock(stream, header, reader, place).catch((cause: unknown) => {
      if (cause instanceof MillraceError) throw cause;
      throw new Error(`${messageOf(cause)}, in the block behind row ${place}`, { cause });
    });
    place += rows.length;
    yield rows;
  }
}

/** @param place of the last row before it */
async function nextBlock(
  stream: ByteStream,
  { schema, codec, sync }: Header,
  reader: ValueReader,
  place: number,
): Promise<FileRow[]> {
  const count = await stream.long();
  const size = await stream.long();
  if (!(size >= 0 && size <= AVRO_FILE_BLOCK_BYTES_MAX))
    throw new Error(`a block is said to have ${size} bytes, and ${AVRO_FILE_BLOCK_BYTES_MAX} are allowed`);
  reader.open(codec(await stream.take(size)));
  if (!(count >= 0 && count <= reader.bytesLeft))
    throw new Error('a block is said to have more rows than bytes');
  const rows: FileRow[] = [];
  for (let i = 1; i <= count; i++)
    rows.push({ place: place + i, values: schema.fields.map(({ type }) => reader.read(type)) });
  if (reader.bytesLeft > 0) throw new Error('a block has more bytes than its rows');
  if (!sync.equals(await stream.take(SYNC_BYTES)))
    throw new Error('a block does not end with the mark of the file');
  return rows;
}

function unreadable(where: string, cause: unknown): MillraceError {
  if (!(cause instanceof MillraceError))
    return new MillraceError('DATA_INVALID', `the file cannot be read: ${messageOf(cause)}`, {
      where,
      remedy: 'Fetch or write the file again.',
      cause,
    });
  if (cause.where !== undefined) return cause;
  const { what, remedy } = cause;
  return new MillraceError('DATA_INVALID', what, {
    where,
    cause,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
