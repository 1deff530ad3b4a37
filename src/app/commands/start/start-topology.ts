// `millrace start`: a topology over the events of a file (control path).
import type { PredictionBlock } from '../../../core/blocks.ts';
import { FLAG_FALLBACK } from '../../../core/blocks.ts';
import type { Topology } from '../../../topology/define.ts';
import { openFormat } from '../../compose/adapters.ts';
import { EventFile } from '../../compose/event-file.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import { replay } from '../../compose/replay.ts';
import type { Config } from '../../settings/config.ts';

export interface StartTopologyOptions {
  readonly events: string;
  /** Columns of the record key. */
  readonly key: readonly string[] | undefined;
  /** Ends when all events are processed, instead of serving the dashboard. */
  readonly exit: boolean;
  readonly report: string | undefined;
}

export async function startTopology(
  file: string,
  config: Config,
  options: StartTopologyOptions,
): Promise<void> {
  const { events, key, exit, report = null } = options;
  const topology = await loadTopology(file);
  await replay(
    config,
    topology,
    ({ log, schemas }) => {
      const format = openFormat(topology, schemas);
      return new EventFile({ file: events, topology, key, log, format });
    },
    {
      folder: 'start',
      exit,
      report,
      predictions: firstOfEachModel(topology),
    },
  );
}

/** Prints the first prediction of each model, so that a run shows what it does. */
function firstOfEachModel(topology: Topology): (block: PredictionBlock, target: string) => void {
  const seen = new Set<string>();
  return ({ count, keys, scores, flags, version }, target) => {
    const name = `${target} ${version}`;
    if (count === 0 || seen.has(name)) return;
    seen.add(name);
    const isFallback = ((flags[0] ?? 0) & FLAG_FALLBACK) !== 0;
    const by = isFallback ? 'the fallback, as there is no model yet' : `model ${version}`;
    const prefix = topology.otherTargets === undefined ? '' : `${target} `;
    process.stdout.write(`prediction ${prefix}${keys[0]}: ${scores[0]?.toFixed(4)} by ${by}\n`);
  };
}
