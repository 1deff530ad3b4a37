/**
 * ClickHouse's engine in this process (chdb), one connection a request. Control path.
 *
 * A connection costs a millisecond and carries its own settings, parameters, database and temporary tables,
 * so what one request sets can't reach another. Named sessions keep theirs.
 */
import { drainPending, Session, type RawInsertFormat } from 'chdb';
import { ClickHouseException } from './exception.ts';
import {
  formatOf,
  hasSecondStatement,
  isBinaryFormat,
  isInsertWithData,
  parseInsert,
  quote,
} from './statement.ts';

export interface EngineRequest {
  sql: string;
  /** Rows of an INSERT, in its format; null when the statement stands alone. */
  data: Buffer | null;
  database: string | null;
  /** Values of {name:Type} placeholders, in ClickHouse's escaped text format. */
  params: ReadonlyMap<string, string>;
  settings: ReadonlyMap<string, string>;
  defaultFormat: string;
  readonly: boolean;
  session: { id: string; mustExist: boolean; timeoutS: number } | null;
}

export interface EngineAnswer {
  bytes: Uint8Array;
  format: string;
  readRows: number;
  readBytes: number;
  writtenRows: number;
  writtenBytes: number;
  elapsedNs: number;
}

export interface Engine {
  readonly version: string;
  readonly timezone: string;
  run(request: EngineRequest): Promise<EngineAnswer>;
  close(): Promise<void>;
}

interface NamedSession {
  connection: Session;
  busy: boolean;
  expiry: NodeJS.Timeout | null;
}

const NOTHING: Omit<EngineAnswer, 'format'> = {
  bytes: new Uint8Array(0),
  readRows: 0,
  readBytes: 0,
  writtenRows: 0,
  writtenBytes: 0,
  elapsedNs: 0,
};

/** Formats that chdb takes as raw bytes and counts the rows of; other text formats go in as part of the statement. */
const RAW_FORMATS: ReadonlyMap<string, RawInsertFormat> = new Map([
  ['jsoneachrow', 'JSONEachRow'],
  ['jsoncompacteachrow', 'JSONCompactEachRow'],
  ['csv', 'CSV'],
  ['csvwithnames', 'CSVWithNames'],
  ['tsv', 'TabSeparated'],
  ['tabseparated', 'TabSeparated'],
  ['tsvwithnames', 'TabSeparatedWithNames'],
  ['tabseparatedwithnames', 'TabSeparatedWithNames'],
]);

/** Opens the data directory; one process may do so at a time. */
export async function openEngine(path: string): Promise<Engine> {
  const first = new Session(path); // held open: the last connection to close would unload the engine
  const facts = await first.queryAsync('SELECT version(), timezone()', { format: 'TabSeparated' });
  const [version = '', timezone = ''] = facts.text().trim().split('\t');
  const named = new Map<string, NamedSession>();

  async function run(request: EngineRequest): Promise<EngineAnswer> {
    if (hasSecondStatement(request.sql)) {
      throw new ClickHouseException(62, 'SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed)');
    }
    if (request.session !== null) return runInSession(request, request.session);
    const connection = openConnection(path);
    try {
      return await runOn(connection, request);
    } finally {
      connection.close();
    }
  }

  async function runInSession(
    request: EngineRequest,
    { id, mustExist, timeoutS }: NonNullable<EngineRequest['session']>,
  ): Promise<EngineAnswer> {
    let session = named.get(id);
    if (session === undefined) {
      if (mustExist) throw new ClickHouseException(372, 'SESSION_NOT_FOUND', `Session ${id} not found`);
      session = { connection: openConnection(path), busy: false, expiry: null };
      named.set(id, session);
    }
    const open = session;
    if (open.busy)
      throw new ClickHouseException(
        373,
        'SESSION_IS_LOCKED',
        `Session ${id} is locked by a concurrent client`,
      );
    if (open.expiry !== null) clearTimeout(open.expiry);
    open.busy = true;
    try {
      return await runOn(open.connection, request);
    } finally {
      open.busy = false;
      open.expiry = setTimeout(() => {
        named.delete(id);
        open.connection.close();
      }, timeoutS * 1_000);
    }
  }

  async function close(): Promise<void> {
    for (const session of named.values()) {
      if (session.expiry !== null) clearTimeout(session.expiry);
      session.connection.close();
    }
    named.clear();
    first.close();
    await drainPending();
  }

  return { version, timezone, run, close };
}

/** chdb starts with the manners of clickhouse-local; this one reads a bare expression as a SELECT. */
const SERVER_MANNERS = 'SET implicit_select = 0';

function openConnection(path: string): Session {
  const connection = new Session(path);
  connection.query(SERVER_MANNERS);
  return connection;
}

async function runOn(connection: Session, request: EngineRequest): Promise<EngineAnswer> {
  await configure(connection, request);
  try {
    return request.data === null
      ? await runQuery(connection, request)
      : await runInsert(connection, request, request.data);
  } finally {
    if (request.session !== null) await restore(connection, request);
  }
}

async function configure(connection: Session, request: EngineRequest): Promise<void> {
  if (request.database !== null)
    await connection.queryAsync(`USE \`${request.database.replaceAll('`', '``')}\``);
  const assignments: string[] = [];
  for (const [name, value] of request.settings) assignments.push(`${checkedName(name)} = ${quote(value)}`);
  for (const [name, value] of request.params)
    assignments.push(`${checkedName(`param_${name}`)} = ${quote(value)}`);
  if (request.readonly) assignments.push('readonly = 2');
  if (assignments.length > 0) await connection.queryAsync(`SET ${assignments.join(', ')}`);
}

/** A request's own settings don't outlive it in a session; what SET said there does. */
async function restore(connection: Session, request: EngineRequest): Promise<void> {
  const names = [...request.settings.keys()];
  if (request.readonly) names.unshift('readonly');
  for (const name of names) await connection.queryAsync(`SET ${checkedName(name)} = DEFAULT`);
}

function checkedName(name: string): string {
  if (/^[A-Za-z_][\w.]*$/.test(name)) return name;
  throw new ClickHouseException(115, 'UNKNOWN_SETTING', `Unknown setting ${quote(name)}`);
}

async function runQuery(connection: Session, request: EngineRequest): Promise<EngineAnswer> {
  if (request.sql.trim() === '')
    throw new ClickHouseException(62, 'SYNTAX_ERROR', 'Syntax error: Empty query');
  const result = await connection.queryAsync(request.sql, { format: request.defaultFormat });
  return {
    ...NOTHING,
    bytes: result.bytes(),
    format: isInsertWithData(request.sql)
      ? request.defaultFormat
      : (formatOf(request.sql) ?? request.defaultFormat),
    readRows: result.rowsRead,
    readBytes: result.bytesRead,
    elapsedNs: Math.round(result.elapsed * 1e9),
  };
}

async function runInsert(connection: Session, request: EngineRequest, data: Buffer): Promise<EngineAnswer> {
  const format = request.defaultFormat;
  const target = parseInsert(request.sql);
  const rawFormat = target === null ? undefined : RAW_FORMATS.get(target.format.toLowerCase());
  if (target !== null && rawFormat !== undefined) {
    const { table, columns } = target;
    const written = await connection.insert({
      table,
      values: data,
      format: rawFormat,
      ...(columns === null ? {} : { columns }),
    });
    const { rowsWritten: writtenRows, bytesWritten: writtenBytes } = written;
    const elapsedNs = Math.round(written.elapsed * 1e9);
    return {
      ...NOTHING,
      format,
      readRows: writtenRows,
      readBytes: data.length,
      writtenRows,
      writtenBytes,
      elapsedNs,
    };
  }
  const dataFormat = formatOf(request.sql);
  if (dataFormat !== null && isBinaryFormat(dataFormat)) {
    const remedy = `insert in a text format (${[...RAW_FORMATS.values()].join(', ')}) or run a clickhouse-server`;
    throw new ClickHouseException(
      48,
      'NOT_IMPLEMENTED',
      `No data in format ${dataFormat} through this front: ${remedy}`,
    );
  }
  if (data.length === 0) return { ...NOTHING, format }; // the server takes no rows for an answer, chdb doesn't
  return runQuery(connection, { ...request, sql: `${request.sql}\n${data.toString('utf8')}` });
}
