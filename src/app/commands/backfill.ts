// `millrace backfill` (control path).
import { PARTITIONS_MAX } from '../../core/topology-limits.ts';
import { instant, text, workerCount } from '../cli/flags.ts';
import { configuredVerb, defaulted, required, toggle, valued, type Verb } from '../cli/verb.ts';
import { at, DATA } from './data-option.ts';
import { ROW_FILE, rowFileOf } from './row-file-options.ts';
import { TARGET, TOPOLOGY_FILE } from './topology-file.ts';

/** The highest number of a partition. */
const PARTITION_MAX = PARTITIONS_MAX - 1;

const RANGE = /^(\d{1,6})(?:-(\d{1,6}))?$/;

/** Ascending, each once. */
function partitionList(given: string): readonly number[] {
  const found = new Set<number>();
  for (const part of given.split(',')) {
    const [, first = '', last = first] = RANGE.exec(part.trim()) ?? [];
    if (first === '' || Number(last) < Number(first) || Number(last) > PARTITION_MAX)
      throw new Error(`give numbers and ranges from 0 to ${PARTITION_MAX}: 0,2-3`);
    for (let partition = Number(first); partition <= Number(last); partition++) found.add(partition);
  }
  return [...found].sort((a, b) => a - b);
}

export const backfill: Verb = configuredVerb({
  name: 'backfill',
  description: 'Run past events through a topology: rows for the history, and state for a live start',
  arguments: { topology: TOPOLOGY_FILE },
  options: {
    from: required(
      '--from <source>',
      "the topology's topic, archive, a file or a pattern ('data/*.csv')",
      text,
    ),
    fromMs: valued(
      '--from-time <time>',
      'first time of the range; everything that there is by default',
      instant,
    ),
    untilMs: valued('--to-time <time>', 'end of the range, exclusive', instant),
    seedState: toggle(
      '--seed-state',
      'hand the state to the live engine that starts next, at the end of the range',
    ),
    partitions: valued(
      '--partitions <list>',
      'partitions of this process, such as 0,2-3; all by default',
      partitionList,
    ),
    workers: defaulted(
      '--workers <count>',
      'number of processes, over which the partitions are dealt out; they need servers',
      workerCount,
      '1',
    ),
    model: valued('--model <version>', 'version that scores, or none; the champion by default', text),
    target: TARGET,
    data: DATA,
    ...ROW_FILE,
  },
  notes: `Times are those of records in the topic and in the archive, and event times of rows in files. Predictions, features
and labels go to the history, marked as backfilled; rows that are there already stay as they are. Live state, topics and
offsets stay as they are without --seed-state, which is for a topology that has not run yet. The same command again goes on
where it was interrupted: partitions that are finished are not played again, the others from their start. Of a topology with
views of other keys, each command with --partitions computes these for all partitions, and needs --to-time.`,
  examples: [
    'millrace backfill topologies/payments.ts --from payments --from-time 2026-01-01 --to-time 2026-02-01',
    'millrace backfill topologies/payments.ts --from archive --seed-state',
    'millrace backfill topologies/payments.ts --from payments --workers 4',
    'millrace backfill topologies/payments.ts --from payments --partitions 0-3',
    "millrace backfill topologies/payments.ts --from 'exports/*.csv.gz' --to-time 2026-02-01 --seed-state",
  ],
  async action(
    {
      topology: file,
      target,
      from,
      fromMs = null,
      untilMs = null,
      seedState,
      workers,
      partitions = null,
      model = null,
      data,
      ...given
    },
    config,
  ) {
    const rowFile = rowFileOf(given);
    const range = { fromMs, untilMs };
    const words = process.argv.slice(2);
    const options = { from, range, partitions, seedState, model, rowFile, workers, words };
    const { backfillTopology } = await import('./backfill/backfill-topology.ts');
    await backfillTopology({ file, target }, at(config, data), options);
  },
});
