// `millrace load` (control path).
import { count, speed, text } from '../cli/flags.ts';
import { configuredVerb, defaulted, toggle, valued, type Verb } from '../cli/verb.ts';
import { at, DATA } from './data-option.ts';
import { ROW_FILE, rowFileOf } from './row-file-options.ts';

export const load: Verb = configuredVerb({
  name: 'load',
  description: "Publish the rows of files as events to a topology's topic, on Kafka or the embedded log",
  arguments: {
    files: {
      description:
        "topology file, which may be left out in a project with one; then files, patterns ('data/*.csv') or - for standard input",
      several: true,
    } as const,
  },
  options: {
    topology: valued('--topology <file>', 'the topology, if it is not the first argument', text),
    topic: valued('--topic <topic>', "the topology of the project's folder that reads this topic", text),
    data: DATA,
    ...ROW_FILE,
    speed: defaulted('--speed <factor>', 'times as fast as the event times, or max', speed, 'max'),
    limit: valued('--limit <rows>', 'load the first rows of each file only', count),
    restart: toggle('--restart', 'load files from their start, whatever was loaded of them earlier'),
    dryRun: toggle('--dry-run', 'show the first rows as the topology sees them, and send nothing'),
  },
  notes: `A load that is interrupted goes on where it ended when it is started again, without an event twice: the position is
committed with the events. It stops at a row that is no event; what comes before is loaded. Files may be compressed with
gzip or Zstandard.`,
  examples: [
    'millrace load topologies/payments.ts payments.csv',
    'millrace load payments.csv --dry-run',
    "millrace load topologies/payments.ts 'archive/*.csv.gz' --map Amount=amount --time-unit s --speed 60",
    'zcat payments.ndjson.gz | millrace load topologies/payments.ts - --format jsonl',
  ],
  async action({ files, topology, topic, speed, limit, restart, dryRun, data, ...given }, config) {
    const rowFile = rowFileOf(given);
    const { inputsOf } = await import('./load/inputs.ts');
    const { inProject } = await import('../settings/project.ts');
    const inputs = await inputsOf({ words: files, topologyFile: topology, topic });
    const { loadFiles } = await import('./load/load-files.ts');
    const options = { ...rowFile, speed, limit, restart, dryRun };
    await loadFiles(inputs, at(inProject(config, inputs.topologyFile), data), options);
  },
});
