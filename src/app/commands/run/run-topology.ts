// `millrace run`: runs a topology on the services that MILLRACE_* name, until a signal (control path).
import type { Config } from '../../settings/config.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import { showProgress } from '../../cli/progress.ts';
import { progressOf, RunningTopology } from '../../compose/running-topology.ts';
import { FINISH_MS_MAX, SHUTDOWN_MS_MAX } from '../../../core/process-limits.ts';
import { sendHint } from './send-hint.ts';
import { servicesInUse } from './services-in-use.ts';
import { endWithSupervisor, reportMembership } from '../../workers/supervised.ts';

export interface RunTopologyOptions {
  /** Ends when everything that the source had at the start is committed, instead of waiting for more. */
  readonly untilCaughtUp: boolean;
  readonly report: string | null;
}

export async function runTopology(file: string, config: Config, options: RunTopologyOptions): Promise<void> {
  endWithSupervisor();
  const topology = await loadTopology(file);
  const running = await RunningTopology.start(config, topology, {
    eventsInMemory: false,
    serve: true,
    joined: reportMembership,
  });
  try {
    await serve(running, config, options);
  } finally {
    await running.close();
  }
}

async function serve(running: RunningTopology, config: Config, options: RunTopologyOptions): Promise<void> {
  const { host, adapters, dashboard } = running;
  const say = (line: string): boolean => process.stdout.write(`${line}\n`);
  for (const line of servicesInUse(config, adapters.historyEngine)) say(line);
  say(`dashboard  ${running.url}`);
  if (config.brokers === null && running.url !== null) {
    const hint = await sendHint(host.topology, adapters.schemas, running.url);
    if (hint !== null) say(`send       ${hint}`);
  }
  dashboard.status = 'live';
  const progress = showProgress(() => progressLine(running));
  const ended = await running.until(options.untilCaughtUp ? caughtUp() : new Promise(() => undefined));
  progress.stop();
  running.measure();
  if (ended === 'signal') say('stopping: each partition closes its epoch and commits');
  await running.stop(ended === 'signal' ? SHUTDOWN_MS_MAX : FINISH_MS_MAX);
  await running.report(null, options.report);

  async function caughtUp(): Promise<void> {
    const { topic } = host.topology.source;
    const [ranges, atEnd] = [await adapters.log.offsets(topic), await adapters.log.ends(topic)];
    // Events of a transaction that is still open count as well: it may be committed.
    const ends = ranges.map(({ low, high }, partition) => ({ low, high: atEnd[partition]?.end ?? high }));
    await running.begun(ends);
    // A partition without more events before that end counts as idle, so that no boundary waits for it.
    running.sourceEnded();
    await running.committed(ends);
    await running.merged();
  }
}

function progressLine({ host }: RunningTopology): string {
  const positions = host.engine.positions();
  const lag = positions.reduce((sum, position) => sum + position.lag, 0);
  return `${positions.length} partitions, ${host.engine.stats.events} events, ${lag} behind, ${progressOf(host)}`;
}
