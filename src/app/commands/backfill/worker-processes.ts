// The processes of `millrace backfill --workers N` (control path): each is the same command with some of the partitions.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { MillraceError } from '../../../core/errors.ts';
import { moduleBeside } from '../../../core/module-url.ts';
import { untilSignal } from '../../cli/signals.ts';
import type { WorkerMessage } from '../../workers/supervised.ts';

const MAIN = moduleBeside(import.meta.url, '../../main');

interface Worker {
  /** `0,4`, as --partitions takes it. */
  readonly partitions: string;
  readonly process: ChildProcess;
  fault: Error | null;
}

/**
 * Resolves when each share of the partitions has been played.
 * @param words of the command, without its partitions
 * @param settings that a worker has besides those of this process
 * @throws what the first worker failed with; the others are stopped
 */
export async function playedByWorkers(
  shares: ReadonlyArray<readonly number[]>,
  words: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const running = shares.map((partitions) => started(partitions.join(','), words, settings));
  const stop = (): void => {
    for (const { process: child } of running) if (child.exitCode === null) child.kill('SIGTERM');
  };
  void untilSignal().then(stop);
  await Promise.all(
    running.map(async (worker) => {
      const [code, signal] = (await once(worker.process, 'close')) as [number | null, string | null];
      if (code === 0) return;
      worker.fault ??= new MillraceError('LOG_FAILED', `the process ended with ${signal ?? `code ${code}`}`, {
        where: `partitions ${worker.partitions}`,
        remedy: 'Run the command again: partitions that are finished are not played again.',
      });
      stop();
    }),
  );
  const failed = running.find(({ fault }) => fault !== null);
  if (failed?.fault) throw failed.fault;
}

/** The same shares for the same number of workers, so that each finds what it began before. */
export function dealt(partitions: readonly number[], workers: number): Array<readonly number[]> {
  const count = Math.min(workers, partitions.length);
  return Array.from({ length: count }, (_, worker) =>
    partitions.filter((_partition, i) => i % count === worker),
  );
}

/**
 * The words of a command without some of its options.
 * @param options with a value
 * @param toggles without one
 */
export function wordsWithout(
  words: readonly string[],
  options: readonly string[],
  toggles: readonly string[] = [],
): string[] {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (options.includes(word)) i += 1;
    else if (!toggles.includes(word) && !options.some((option) => word.startsWith(`${option}=`)))
      kept.push(word);
  }
  return kept;
}

/** Its lines are those of this process, with its partitions before them. */
function started(
  partitions: string,
  words: readonly string[],
  settings: Readonly<Record<string, string>>,
): Worker {
  const child = fork(MAIN, [...words, '--partitions', partitions], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const worker: Worker = { partitions, process: child, fault: null };
  child.on('message', (message) => {
    const report = message as WorkerMessage; // what a worker sends
    if (report.kind === 'fault')
      worker.fault ??= new MillraceError(report.code, report.message, { where: `partitions ${partitions}` });
  });
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const)
    if (from !== null)
      createInterface({ input: from }).on('line', (line) => to.write(`[${partitions}] ${line}\n`));
  return worker;
}
