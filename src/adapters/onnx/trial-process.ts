// The engine's side of trials (control path): a process of its own, so that a model that hangs, takes all memory or crashes
// the runtime ends that process and not the engine. It is kept for a while, as starting it takes a third of a second.
import { type ChildProcess, fork } from 'node:child_process';
import { invariant, messageOf, MillraceError } from '../../core/errors.ts';
import {
  MODEL_TRIAL_CPU_MS_PER_MIB,
  MODEL_TRIAL_IDLE_MS,
  MODEL_TRIAL_MS_MAX,
} from '../../core/model-limits.ts';
import { moduleBeside } from '../../core/module-url.ts';
import type { Trial, UntrustedRun } from '../../ports/scorer.ts';
import { within } from '../../resilience/within.ts';
import { BEYOND_BOUNDS, mebibytesOf, type TrialAnswer, type TrialQuestion } from './trial-messages.ts';

/** What the runtime and its libraries need of the environment, without the engine's secrets. */
const ENVIRONMENT = ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'SystemRoot', 'TEMP'] as const;
const HEAP_MIB_MAX = 128;
/** Characters of standard error that are kept: its end has the reason. */
const STDERR_LENGTH_MAX = 2_000;

/** Of what says nothing about the model. */
const REMEDY = 'Check the memory and the processes that this process may have.';

interface Child {
  readonly process: ChildProcess;
  /** Rejects with MODEL_UNTRIED if the process ends first. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<string>;
}

export class TrialProcess {
  #child: Child | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | null = null;
  /** Trials that wait or run: the process stays for them. */
  #open = 0;

  prepare(): void {
    try {
      this.#current();
    } catch {
      // The trial that needs it tries again, and reports it.
    }
    this.#stopLater();
  }

  /** @throws MODEL_INVALID, or MODEL_UNTRIED */
  async run(trial: Trial): Promise<void> {
    await this.#next(trial.version, { kind: 'try', trial });
  }

  /** Scores rows within the bounds of a trial. @throws as `run` */
  async score(run: UntrustedRun): Promise<Float32Array> {
    const answer = await this.#next(run.version, { kind: 'score', run });
    invariant(answer.kind === 'scored', 'rows are answered with their scores');
    return answer.scores;
  }

  /** One question at a time. */
  #next(version: string, question: TrialQuestion): Promise<TrialAnswer> {
    this.#open += 1;
    const result = this.#last
      .then(() => this.#run(version, question))
      .finally(() => {
        this.#open -= 1;
        this.#stopLater();
      });
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #run(version: string, question: TrialQuestion): Promise<TrialAnswer> {
    if (this.#idle !== null) clearTimeout(this.#idle);
    const child = this.#current();
    const answered = child.ready.then(() => ask(child, version, question));
    // The timer keeps the caller's process alive, which the child does not.
    const boundMs = MODEL_TRIAL_MS_MAX + mebibytesOf(question) * MODEL_TRIAL_CPU_MS_PER_MIB;
    return within(boundMs, answered, () => {
      child.process.kill('SIGKILL');
      if (this.#child === child) this.#child = null;
      return interrupted(version, `there is no answer within ${boundMs / 1_000} s`);
    });
  }

  #current(): Child {
    if (this.#child !== null) return this.#child;
    const child = start();
    this.#child = child;
    void this.#forget(child);
    return child;
  }

  async #forget(child: Child): Promise<void> {
    await child.ended;
    if (this.#child === child) this.#child = null;
  }

  #stopLater(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    if (this.#open > 0) return;
    this.#idle = setTimeout(() => this.close(), MODEL_TRIAL_IDLE_MS);
    this.#idle.unref();
  }

  close(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#child?.process.kill('SIGKILL');
    this.#child = null;
  }
}

function start(): Child {
  const environment = ENVIRONMENT.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  const child = forked(Object.fromEntries(environment) as NodeJS.ProcessEnv);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_LENGTH_MAX);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(lastWords(stderr, signal) ?? `its process ended with ${signal ?? `exit code ${code}`}`),
    );
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    void ended.then((why) => reject(noProcess(why)));
  });
  ready.catch(() => undefined); // the trial that needs it reports it
  // A trial waits for it with a timer of its own; an idle one must not keep a process alive.
  child.unref();
  child.channel?.unref();
  (child.stderr as { unref?(): void } | null)?.unref?.();
  return { process: child, ready, ended };
}

/** @throws MODEL_UNTRIED: what the system lacks is emitted as an event by some codes, and thrown by others such as ENOMEM */
function forked(env: NodeJS.ProcessEnv): ChildProcess {
  try {
    return fork(moduleBeside(import.meta.url, './trial-entry'), {
      env,
      execArgv: [`--max-old-space-size=${HEAP_MIB_MAX}`, '--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
  } catch (error) {
    throw noProcess(messageOf(error));
  }
}

function noProcess(why: string): MillraceError {
  return new MillraceError('MODEL_UNTRIED', `no process can be started to try models in: ${why}`, {
    remedy: REMEDY,
  });
}

async function ask(child: Child, version: string, question: TrialQuestion): Promise<TrialAnswer> {
  const answered = new Promise<TrialAnswer>((resolve) => {
    child.process.once('message', resolve as (answer: unknown) => void); // what trial-entry.ts sends
  });
  child.process.send(question, () => undefined); // a process that has ended is noticed below
  const answer = await Promise.race([
    answered,
    child.ended.then((why) => {
      throw why === KILLED ? interrupted(version, why) : refused(version, why);
    }),
  ]);
  if (answer.kind === 'ready') throw interrupted(version, 'the process answered before it was asked');
  if (answer.kind === 'scored' || answer.error === null) return answer;
  // A file that is gone says nothing about the model.
  const code = answer.error.code === 'ARTIFACT_UNAVAILABLE' ? answer.error.code : 'MODEL_INVALID';
  throw new MillraceError(code, answer.error.message.replace(/\.$/, ''));
}

/** The system kills a process where memory runs out, and so may an operator: neither says anything about the model. */
const KILLED = 'its process was killed';
/** Signals that a process gets from others, not from what it does. */
const FROM_OUTSIDE: ReadonlyArray<NodeJS.Signals | null> = [
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
];

function lastWords(stderr: string, signal: NodeJS.Signals | null): string | null {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  if (FROM_OUTSIDE.includes(signal) && !last.startsWith(BEYOND_BOUNDS)) return KILLED;
  return last === '' ? null : last;
}

/** The trial says nothing about the model: another one may. */
function interrupted(version: string, why: string): MillraceError {
  return new MillraceError('MODEL_UNTRIED', `the trial of the model did not end: ${why}`, {
    where: `model ${version}`,
    remedy: REMEDY,
  });
}

function refused(version: string, why: string): MillraceError {
  return new MillraceError('MODEL_INVALID', `the model failed in its trial: ${why}`, {
    where: `model ${version}`,
    remedy: 'Promote another version. The engine itself has not loaded this one.',
  });
}
