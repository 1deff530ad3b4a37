/**
 * `npm run services`: Kafka, Redis, ClickHouse and a schema registry on this machine, until Ctrl-C. Control path.
 *
 * Missing programs are installed with apt-get where this process may; the jars of the broker and the registry come from
 * Maven Central.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SERVICE_NAMES, startServices, type ServiceName, type StartedServices } from './start.ts';

const USAGE = `Usage: npm run services -- [options]

Starts Kafka, Redis, ClickHouse and a schema registry, prints the variables by which Millrace finds them, and stops them
on Ctrl-C.

  --only NAMES      some of kafka,redis,clickhouse,registry (all by default)
  --ephemeral       free ports and temporary data, for a run beside another one
  --data DIR        parent of the data folders (.millrace/services by default)
  --persist         Redis keeps its data on disk too (it starts empty by default)
  --write-env FILE  writes the variables to FILE as well, as NAME=value lines
  -h, --help        this text

Examples:
  npm run services
  npm run services -- --only kafka,redis --write-env services.env
`;

function parseNames(only: string | undefined): ServiceName[] {
  if (only === undefined) return [...SERVICE_NAMES];
  const asked = only.split(',').map((name) => name.trim());
  const unknown = asked.filter((name) => !SERVICE_NAMES.some((known) => known === name));
  if (unknown.length > 0)
    throw new Error(`--only knows ${SERVICE_NAMES.join(', ')}, and not ${unknown.join(', ')}`);
  return SERVICE_NAMES.filter((name) => asked.includes(name));
}

/** One run per data folder: a second one gets a clear error instead of Kafka's or ClickHouse's own lock failure. */
function lockDataRoot(dataRoot: string): () => void {
  mkdirSync(dataRoot, { recursive: true });
  const lockFile = join(dataRoot, 'pid');
  const owner = readPid(lockFile);
  if (owner !== null && isAlive(owner)) {
    throw new Error(
      `the services in ${dataRoot} already run (process ${owner}); --ephemeral starts another set`,
    );
  }
  writeFileSync(lockFile, String(process.pid));
  return () => rmSync(lockFile, { force: true });
}

function readPid(file: string): number | null {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function report(services: StartedServices, envFile: string | undefined): void {
  const lines = Object.entries(services.environment).map(([name, value]) => `${name}=${value}\n`);
  if (envFile !== undefined) writeFileSync(envFile, lines.join(''));
  for (const { name, pid, dataDir } of services.running) {
    process.stderr.write(`${name} is up (process ${pid}, data in ${dataDir})\n`);
  }
  process.stdout.write(lines.map((line) => `export ${line}`).join(''));
  process.stderr.write('Ctrl-C stops them all.\n');
}

/** Resolves with the exit code once something asks for the end. */
function waitForEnd(unexpectedEnd: Promise<string>): Promise<number> {
  return new Promise((done) => {
    const alive = setInterval(() => {}, 2 ** 30); // the services themselves don't keep this process open
    const end = (code: number): void => {
      clearInterval(alive);
      done(code);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0));
    void unexpectedEnd.then((message) => {
      process.stderr.write(`${message}\n`);
      end(1);
      return null;
    });
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      ephemeral: { type: 'boolean', default: false },
      data: { type: 'string', default: join('.millrace', 'services') },
      persist: { type: 'boolean', default: false },
      'write-env': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const names = parseNames(values.only);
  const dataRoot = values.ephemeral ? null : resolve(values.data);
  const unlock = dataRoot === null ? (): void => {} : lockDataRoot(dataRoot);
  const ended = Promise.withResolvers<string>();
  const end = waitForEnd(ended.promise); // from here on Ctrl-C is heard, while they still start as well
  process.stderr.write(`starting ${names.join(', ')}\n`);
  const services = await startServices({
    names,
    dataRoot,
    persistRedis: values.persist,
    onUnexpectedEnd: ended.resolve,
  });
  try {
    for (const failure of services.failures) process.stderr.write(`${failure.message}\n`);
    if (services.failures.length > 0) return 1;
    report(services, values['write-env']);
    return await end;
  } finally {
    process.stderr.write('stopping\n');
    await services.stop();
    unlock();
  }
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`services: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
