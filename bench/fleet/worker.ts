// An engine's process, as `millrace run` is one (control path): started, killed, frozen and started again.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pickPort } from '../../tools/services/ports.ts';
import { launch, type ServerProcess } from '../../tools/services/process.ts';
import type { Setting } from './setting.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'app', 'main.ts');

/** What `millrace run` prints once it serves. */
const SERVING = 'dashboard  ';
const AWAY = /^millrace: (LOG|STORE|HISTORY)_UNAVAILABLE/m;
const SAID_CHARS = 500;

type WorkerSetting = Pick<Setting, 'folder' | 'topologyFile' | 'environment'>;

export interface WorkerOptions {
  /** Node and its options; this process's Node by default. */
  readonly command?: readonly string[];
}

export class Worker {
  readonly name: string;
  readonly port: number;
  readonly logFile: string;
  readonly #environment: Record<string, string>;
  readonly #topologyFile: string;
  readonly #command: readonly string[];
  #process: ServerProcess | null = null;
  #wanted = false;
  /** Unexpected exits: each is a bug. */
  readonly crashes: string[] = [];

  private constructor(
    name: string,
    port: number,
    environment: Record<string, string>,
    { folder, topologyFile }: WorkerSetting,
    { command = [process.execPath] }: WorkerOptions,
  ) {
    this.name = name;
    this.port = port;
    this.logFile = join(folder, `${name}.log`);
    this.#environment = environment;
    this.#topologyFile = topologyFile;
    this.#command = command;
  }

  static async open(setting: WorkerSetting, name: string, options: WorkerOptions = {}): Promise<Worker> {
    return new Worker(name, await pickPort(), await setting.environment(name), setting, options);
  }

  /** Null while it does not run. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** True where it ended by itself and was not started again. */
  get hasCrashed(): boolean {
    return this.#wanted && this.#process === null;
  }

  async start(): Promise<void> {
    if (this.#wanted && this.#process !== null) return;
    this.#wanted = true;
    const logStart = existsSync(this.logFile) ? statSync(this.logFile).size : 0;
    const [command = '', ...options] = this.#command;
    const started = await launch({
      name: this.name,
      command,
      args: [...options, MAIN, 'run', this.#topologyFile, '--port', String(this.port)],
      env: this.#environment,
      logFile: this.logFile,
      scratchDir: null,
    });
    this.#process = started;
    void this.#watch(started, logStart);
  }

  /** An unexpected exit is a bug, except that of a process whose server was away at its start, which reports it. */
  async #watch(started: ServerProcess, logStart: number): Promise<void> {
    await started.gone;
    if (this.#process !== started) return;
    this.#process = null;
    const said = readFileSync(this.logFile).subarray(logStart).toString();
    if (!said.includes(SERVING) && AWAY.test(said)) return;
    this.crashes.push(`${this.name}: ${started.ended() ?? 'gone'}: ${said.trim().slice(-SAID_CHARS)}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal);
  }

  /**
   * Ends it and waits until it is gone; SIGTERM: an orderly stop.
   * @returns how it ended; null if it did not run
   */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<string | null> {
    const ending = this.#process;
    this.#wanted = false;
    this.#process = null;
    if (ending === null || ending.ended() !== null) return null;
    ending.signal(signal);
    if (signal === 'SIGTERM') ending.signal('SIGCONT');
    await ending.waitForEnd();
    return ending.ended();
  }
}
