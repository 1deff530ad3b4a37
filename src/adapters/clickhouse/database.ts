// The operations that the adapter needs from ClickHouse, over any client, with its errors as MillraceError (control path).
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { MillraceError, messageOf } from '../../core/errors.ts';
import type { UserPassword } from '../../ports/credentials.ts';
import { exceptionFault } from './exception-codes.ts';

export type QueryParams = Readonly<Record<string, unknown>>;

/** Rows of one INSERT: `parts` joined are text in `format`. */
export interface InsertRows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly format: 'TabSeparated' | 'JSONEachRow';
  /** Let the table drop a block whose token it knows. */
  readonly settings: {
    readonly insert_deduplicate: 0 | 1;
    readonly insert_deduplication_token: string;
    readonly max_partitions_per_insert_block?: string;
  };
  readonly parts: readonly Buffer[];
}

/** All throw MillraceError: HISTORY_UNAVAILABLE if nothing answers, HISTORY_FAILED if ClickHouse refuses. */
export interface Database {
  /** Location, for messages: the URL without its password, or the path. */
  readonly where: string;
  /** Runs a statement without rows. */
  command(sql: string): Promise<void>;
  insert(rows: InsertRows): Promise<void>;
  /** `{name:Type}` in the SQL takes its value from `params`. */
  rows<T>(sql: string, params: QueryParams): Promise<T[]>;
  /** The bytes of the result, in the format that `sql` names, which may be a binary one. */
  bytes(sql: string, params: QueryParams): Promise<Buffer>;
  close(): Promise<void>;
}

export function historyError(error: unknown, what: string, where: string): MillraceError {
  const { passes, remedy } = exceptionFault(error);
  const cause = error instanceof Error && 'code' in error ? `${String(error.code)} ` : '';
  const [code, says] = passes
    ? (['HISTORY_UNAVAILABLE', 'did not'] as const)
    : (['HISTORY_FAILED', 'refused to'] as const);
  return new MillraceError(code, `ClickHouse ${says} ${what}: ${cause}${messageOf(error)}`, {
    where,
    remedy,
    cause: error,
  });
}

/** All chunks, without a copy if there is only one. */
async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer); // the client's streams are of bytes
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}

/** @param user of each request; null: none */
export function databaseOf(
  client: ClickHouseClient,
  where: string,
  user: () => UserPassword | null = () => null,
): Database {
  const auth = (): { readonly auth?: UserPassword } => {
    const now = user();
    return now === null ? {} : { auth: now };
  };
  const guard = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw historyError(error, what, where);
    }
  };
  return {
    where,
    command: (sql) =>
      guard('run a statement', async () => {
        await client.command({ query: sql, ...auth() });
      }),
    insert: ({ table, columns, format, settings, parts }) =>
      guard('take a block', async () => {
        const { stream } = await client.exec({
          query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT ${format}`,
          values: Readable.from(parts),
          clickhouse_settings: settings,
          ...auth(),
        });
        await bytesOf(stream);
      }),
    rows: <T>(sql: string, params: QueryParams) =>
      guard('answer a query', async () => {
        const answer = await client.query({
          query: sql,
          query_params: { ...params },
          format: 'JSONEachRow',
          ...auth(),
        });
        return answer.json<T>();
      }),
    bytes: (sql, params) =>
      guard('answer a query', async () => {
        const { stream } = await client.exec({
          query: sql,
          query_params: { ...params },
          // The server then reports an error in the status of its response, and not amid the bytes.
          clickhouse_settings: { wait_end_of_query: 1 },
          ...auth(),
        });
        return bytesOf(stream);
      }),
    close: () => client.close(),
  };
}
