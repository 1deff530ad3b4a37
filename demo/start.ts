// `npm start`: the demo, embedded and whole (control path). Flights are replayed into the log in the process, scored,
// labelled, watched for drift; the model is trained, judged and swapped in; the dashboard shows it.
import type { Config } from '../src/app/settings/config.ts';
import { loadTopology } from '../src/app/compose/load-topology.ts';
import { replay } from '../src/app/compose/replay.ts';
import { FlightSource } from './flight-source.ts';

export interface StartOptions {
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly speedUp: number | 'max';
  /** Ends when the replay has been scored, instead of serving on. */
  readonly exit: boolean;
  readonly report: string | null;
  /** Another topology than the demo's, over the same events: for tests. */
  readonly topology?: string | URL;
}

const TOPOLOGY = new URL('../topologies/flights.ts', import.meta.url);

export async function start(config: Config, options: StartOptions): Promise<void> {
  const { fromMs, untilMs, speedUp, exit, report } = options;
  const topology = await loadTopology(options.topology ?? TOPOLOGY);
  const { topic } = topology.source;
  await replay(
    config,
    topology,
    ({ log, codec }) => new FlightSource({ log, codec, topic, fromMs, untilMs, speedUp }),
    { folder: 'demo', exit, report },
  );
}
