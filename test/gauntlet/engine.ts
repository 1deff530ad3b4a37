// One life of a world's engine: in this process through the same composition as `millrace run`, or as that command.
import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunningTopology } from '../../src/app/compose/running-topology.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import { messageOf } from '../../src/core/errors.ts';
import type { Topology } from '../../src/index.ts';

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
const SAID_CHARS = 1_500;

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
  const others = Object.entries(process.env).filter(([name]) => !/^(MILLRACE_|TAP)/.test(name));
  const child = spawn(process.execPath, ['--import', CLOCK, MAIN, 'run', TOPOLOGY, '--port', '0'], {
    env: {
      ...Object.fromEntries(others),
      ...environment,
      GAUNTLET_DECLARATION: declarationFile,
      GAUNTLET_CLOCK_MS: String(clockMs),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stderr.pipe(log);
  child.stdout.on('data', (part: Buffer) => log.write(part));
  let isWanted = true;
  let end: string | null = null;
  const gone = new Promise<void>((resolve) => {
    child.once('close', (code, signal) => {
      if (isWanted)
        end = `exit ${signal ?? code}: ${readFileSync(logFile, 'utf8').trim().slice(-SAID_CHARS)}`;
      resolve();
    });
  });
  const endBy = async (signal: NodeJS.Signals): Promise<void> => {
    isWanted = false;
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
    await gone;
    clearTimeout(late);
  };
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the engine does not serve')), START_MS_MAX);
    let said = '';
    child.stdout.on('data', (part: Buffer) => {
      said += part.toString();
      const found = /^dashboard +(\S+)$/m.exec(said)?.[1];
      if (found !== undefined) resolve(found);
      if (found !== undefined) clearTimeout(late);
    });
    child.once('close', () => {
      clearTimeout(late);
      reject(new Error(end ?? 'ended'));
    });
  });
  return { url, ended: () => end, stop: () => endBy('SIGTERM'), kill: () => endBy('SIGKILL') };
}
