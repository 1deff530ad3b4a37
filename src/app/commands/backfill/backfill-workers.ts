// `millrace backfill --workers N`: the partitions of one backfill on several processes of this machine (control path). Each is the
// same command with `--partitions`, has state of its own, and goes on where it was interrupted.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { MillraceError } from '../../../core/errors.ts';
import { moduleBeside } from '../../../core/module-url.ts';
import { withAddedPartitions } from '../../../runtime/added-partitions.ts';
import type { Topology } from '../../../topology/define.ts';
import { untilSignal } from '../../cli/signals.ts';
import { openAdapters } from '../../compose/adapters.ts';
import { loadTarget, type TargetPlace } from '../../compose/load-target.ts';
import type { Config } from '../../settings/config.ts';
import type { WorkerMessage } from '../../workers/supervised.ts';
import { requireServers } from '../../workers/workers.ts';
import { backfillFolder, forgetBackfill, refuseShares } from './backfill-topology.ts';
import { partitionsOf } from './inputs.ts';

const MAIN = moduleBeside(import.meta.url, '../../main');

interface Worker {
  /** `0,4`, as --partitions takes it. */
  readonly partitions: string;
  readonly process: ChildProcess;
  fault: Error | null;
}

export interface SharedBackfill {
  readonly place: TargetPlace;
  readonly config: Config;
  readonly workers: number;
  /** Null for all. */
  readonly partitions: readonly number[] | null;
  readonly seedState: boolean;
  /** The words of this command. */
  readonly words: readonly string[];
}

/** @throws CONFIG_INVALID without servers that several processes can share; what the first worker failed with */
export async function backfillWithWorkers(shared: SharedBackfill): Promise<void> {
  const { place, config, workers, words, seedState } = shared;
  requireServers(config, seedState ? ['brokers', 'redisUrl', 'clickhouseUrl'] : ['brokers', 'clickhouseUrl']);
  const topology = await loadTarget(place);
  refuseShares(topology, '--workers');
  const shares = dealt(await partitionsIn(topology, shared), workers);
  const rest = wordsOfWorker(words);
  const running = shares.map((partitions) => started(partitions.join(','), rest));
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
  for (const partitions of shares) await forgetBackfill(backfillFolder(config, topology.name, partitions));
}

/** Those of the topic as it is, which may have more than the topology declares. */
async function partitionsIn(
  declared: Topology,
  { config, partitions }: SharedBackfill,
): Promise<readonly number[]> {
  const adapters = await openAdapters(config, { eventsInMemory: false });
  try {
    const topology = await withAddedPartitions(declared, adapters.log, adapters.telemetry);
    return partitionsOf(topology, partitions);
  } finally {
    await adapters.close();
  }
}

/** The same shares for the same number of workers, so that each finds what it finished before. */
export function dealt(partitions: readonly number[], workers: number): Array<readonly number[]> {
  const count = Math.min(workers, partitions.length);
  return Array.from({ length: count }, (_, worker) =>
    partitions.filter((_partition, i) => i % count === worker),
  );
}

/** Without the options that a worker gets from its supervisor. */
export function wordsOfWorker(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === '--workers' || word === '--partitions') i += 1;
    else if (!/^--(?:workers|partitions)=/.test(word)) kept.push(word);
  }
  return kept;
}

/** Its lines are those of this process, with its partitions before them. */
function started(partitions: string, words: readonly string[]): Worker {
  const child = fork(MAIN, [...words, '--partitions', partitions], {
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
