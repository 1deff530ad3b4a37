/** A server that tests and `npm run services` start, kill, restart and stop. Control path. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPortFree } from './ports.ts';
import { launch, logTail, type ServerProcess } from './process.ts';

export interface ServiceOptions {
  /** Where the server keeps its data; left out: a temporary folder that stop() removes. */
  dataDir?: string;
  /** Port on 127.0.0.1; left out: a free one. */
  port?: number;
  /** Called when the server exits unexpectedly. */
  onUnexpectedEnd?: (message: string) => void;
}

export interface Service {
  readonly name: string;
  readonly port: number;
  readonly dataDir: string;
  readonly logFile: string;
  /** What a client sets to find the service, for example MILLRACE_REDIS_URL. */
  readonly environment: Readonly<Record<string, string>>;
  /** Process id of the running server; another one after restart(). */
  readonly pid: number;
  /** Sends a signal and returns at once: SIGSTOP and SIGCONT freeze and thaw the server. */
  signal(signal: NodeJS.Signals): void;
  /** Ends the server (SIGKILL by default: no clean-up of its own) and waits until it is gone. Data stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts the server again on the same port and data (ends it first if it runs); waits until it is healthy. */
  restart(): Promise<void>;
  /** Ends the server in order and removes temporary data. Harmless when called twice. */
  stop(): Promise<void>;
}

export interface ServiceDefinition {
  name: string;
  port: number;
  dataDir: string;
  scratch: boolean;
  environment: Readonly<Record<string, string>>;
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Rejects while the server doesn't answer in its own protocol. */
  check: () => Promise<void>;
  onUnexpectedEnd?: ((message: string) => void) | undefined;
}

/** A cold JVM on a busy two-core machine takes 20 s; three times that is a fault. */
const HEALTHY_MS_MAX = 60_000;
const CHECK_INTERVAL_MS = 100;
/** An orderly stop takes a second or two; what takes longer hangs and is killed. */
const STOP_MS_MAX = 10_000;

/** The folder to use, made if it is missing, and whether it is a temporary one. */
export function prepareDataDir(
  name: string,
  dataDir: string | undefined,
): { dataDir: string; scratch: boolean } {
  if (dataDir === undefined)
    return { dataDir: mkdtempSync(join(tmpdir(), `millrace-${name}-`)), scratch: true };
  mkdirSync(dataDir, { recursive: true });
  return { dataDir, scratch: false };
}

/** Starts a service and waits until it answers. @throws Error with the end of the server's log */
export async function startService(definition: ServiceDefinition): Promise<Service> {
  const logFile = join(definition.dataDir, `${definition.name}.log`);
  let running: ServerProcess | null = null;

  async function start(): Promise<void> {
    // Checked first: another server on the port would answer the health check in this one's place.
    if (!(await isPortFree(definition.port))) {
      throw new Error(`${definition.name} did not start: port ${definition.port} of 127.0.0.1 is in use`);
    }
    const server = await launch({
      name: definition.name,
      command: definition.command,
      args: definition.args,
      logFile,
      scratchDir: definition.scratch ? definition.dataDir : null,
      ...(definition.env === undefined ? {} : { env: definition.env }),
    });
    running = server;
    void reportUnexpectedEnd(server);
    await waitUntilHealthy(definition, server, logFile);
  }

  async function reportUnexpectedEnd(server: ServerProcess): Promise<void> {
    await server.gone;
    if (running !== server) return; // ended by kill(), restart() or stop()
    const how = server.ended() ?? 'no longer running';
    definition.onUnexpectedEnd?.(
      `${definition.name} ended by itself (${how}); its log ends:\n${logTail(logFile)}`,
    );
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const server = running;
    running = null;
    if (server === null || server.ended() !== null) return;
    server.signal(signal);
    // A stopped (SIGSTOP) server handles no SIGTERM before it is continued.
    if (signal !== 'SIGKILL') server.signal('SIGCONT');
    const abort = new AbortController();
    const late = sleep(STOP_MS_MAX, 'late', { signal: abort.signal }).catch(() => 'ended');
    if ((await Promise.race([server.waitForEnd(), late])) === 'late') server.signal('SIGKILL');
    abort.abort();
    await server.waitForEnd();
  }

  async function stop(): Promise<void> {
    await end('SIGTERM');
    if (definition.scratch) rmSync(definition.dataDir, { recursive: true, force: true });
  }

  try {
    await start();
  } catch (error) {
    await end('SIGKILL');
    if (definition.scratch) rmSync(definition.dataDir, { recursive: true, force: true });
    throw error;
  }
  return {
    name: definition.name,
    port: definition.port,
    dataDir: definition.dataDir,
    logFile,
    environment: definition.environment,
    get pid(): number {
      if (running === null) throw new Error(`${definition.name} is not running: call restart() first`);
      return running.pid;
    },
    signal: (signal) => running?.signal(signal),
    kill: (signal = 'SIGKILL') => end(signal),
    restart: async () => {
      await end('SIGTERM');
      await start();
    },
    stop,
  };
}

async function waitUntilHealthy(
  definition: ServiceDefinition,
  server: ServerProcess,
  logFile: string,
): Promise<void> {
  const deadline = Date.now() + HEALTHY_MS_MAX;
  for (;;) {
    const end = server.ended();
    if (end !== null) throw new Error(`${definition.name} did not start (${end}):\n${logTail(logFile)}`);
    try {
      await definition.check();
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        const last = error instanceof Error ? error.message : String(error);
        throw new Error(
          `${definition.name} did not answer on port ${definition.port} within ${HEALTHY_MS_MAX / 1000} s ` +
            `(${last}); its log ends:\n${logTail(logFile)}`,
          { cause: error },
        );
      }
    }
    await sleep(CHECK_INTERVAL_MS);
  }
}
