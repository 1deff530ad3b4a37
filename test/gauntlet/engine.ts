// One life of a world's engine: in this process through the same composition as `millrace run`, or as that command.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunningTopology } from '../../src/app/compose/running-topology.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import { messageOf } from '../../src/core/errors.ts';
import type { Topology } from '../../src/index.ts';
import { launch } from '../../tools/services/process.ts';

export interface EngineLife {
  readonly url: string;
  /** Why it ended by itself; null while it runs, and after it was ended. */
  ended(): string | null;
  /** An orderly stop. */
  stop(): Promise<void>;
  /** kill -9; null where the engine has no process of its own. */
  readonly kill: (() => Promise<void>) | null;
}

export type EngineEnvironment = Readonly<Record<string, string>>;

export async function startInProcess(
  topology: Topology,
  environment: EngineEnvironment,
): Promise<EngineLife> {
  const config = readConfig({ ...environment, MILLRACE_PORT: '0', MILLRACE_LOG_LEVEL: 'silent' });
  const running = await RunningTopology.start(config, topology, { eventsInMemory: false, serve: true });
  let end: string | null = null;
  running.host.engine.failure.catch((error: unknown) => {
    end = messageOf(error);
  });
  return {
    url: running.url ?? '',
    ended: () => end,
    async stop(): Promise<void> {
      await running.close();
      end = null;
    },
    kill: null,
  };
}

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'app', 'main.ts');
const TOPOLOGY = join(import.meta.dirname, 'world-topology.ts');
const CLOCK = join(import.meta.dirname, 'clock.ts');
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 30_000;
const POLL_MS = 20;
const SAID_CHARS = 1_500;
/** What `millrace run` prints once it serves. */
const SERVING = /^dashboard +(\S+)\n/m;

export interface ProcessOptions {
  readonly environment: EngineEnvironment;
  readonly declarationFile: string;
  readonly logFile: string;
  /** How far its clock is ahead, ms. */
  readonly clockMs: number;
}

/** `millrace run` in a process of its own. @throws Error with its last words if it ends before it serves */
export async function startProcess(options: ProcessOptions): Promise<EngineLife> {
  const { environment, declarationFile, logFile, clockMs } = options;
  const callers = Object.keys(process.env).filter((name) => /^(MILLRACE_|TAP)/.test(name));
  const child = await launch({
    name: 'engine',
    command: process.execPath,
    args: ['--import', CLOCK, MAIN, 'run', TOPOLOGY, '--port', '0'],
    env: {
      ...Object.fromEntries(callers.map((name) => [name, ''])),
      ...environment,
      GAUNTLET_DECLARATION: declarationFile,
      GAUNTLET_CLOCK_MS: String(clockMs),
    },
    logFile,
    scratchDir: null,
  });
  const said = (): string => readFileSync(logFile, 'utf8');
  let isWanted = true;
  const ended = (): string | null => {
    const how = isWanted ? child.ended() : null;
    return how === null ? null : `${how}: ${said().trim().slice(-SAID_CHARS)}`;
  };
  const endBy = async (signal: NodeJS.Signals): Promise<void> => {
    isWanted = false;
    child.signal(signal);
    const late = setTimeout(() => child.signal('SIGKILL'), STOP_MS_MAX);
    await child.waitForEnd();
    clearTimeout(late);
  };
  for (const untilMs = performance.now() + START_MS_MAX; ; await sleep(POLL_MS)) {
    const url = SERVING.exec(said())?.[1];
    if (url !== undefined) return { url, ended, stop: () => endBy('SIGTERM'), kill: () => endBy('SIGKILL') };
    const end = ended();
    if (end !== null) throw new Error(end);
    if (performance.now() < untilMs) continue;
    await endBy('SIGKILL');
    throw new Error('the engine does not serve');
  }
}
