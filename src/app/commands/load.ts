// `millrace load` (control path).
import { columnNames, count, refuseAny, speed, text } from '../cli/flags.ts';
import { configuredVerb, defaulted, repeated, toggle, valued, type Verb } from '../cli/verb.ts';
import { RECORD_KEY } from './event-file-options.ts';
import { onErrorChoices } from './load/bad-rows.ts';
import { epochUnits } from './load/epoch-number.ts';
import { fileFormats } from './load/open-rows.ts';

function oneOf<const T extends string>(choices: readonly T[]): (given: string) => T {
  return (given) => {
    const found = choices.find((choice) => choice === given);
    if (found === undefined) throw new Error(`give ${choices.join(', ')}`);
    return found;
  };
}

function mapped(given: string): { readonly from: string; readonly to: string } {
  const at = given.lastIndexOf('=');
  const [from, to] = [given.slice(0, at).trim(), given.slice(at + 1).trim()];
  if (at < 0 || from === '' || to === '') throw new Error('give name in the file=column: Amount=amount');
  return { from, to };
}

function delimiter(given: string): string {
  const character = given === '\\t' ? '\t' : given;
  if (!/^[^"\r\n]$/u.test(character)) throw new Error('give one character');
  return character;
}

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
    format: valued(
      '--format <format>',
      `${fileFormats.join(', ')}; by the file's name by default`,
      oneOf(fileFormats),
    ),
    map: repeated(
      '--map <file=column>',
      'name in the file of a column of the source; may be repeated',
      mapped,
    ),
    columns: valued('--columns <names>', 'names of the columns of a CSV file without a header', columnNames),
    delimiter: valued('--delimiter <character>', 'of a CSV file; the comma by default', delimiter),
    nullText: valued(
      '--null <text>',
      'text of a CSV file that is a missing value, as the empty text is',
      text,
    ),
    unit: defaulted(
      '--time-unit <unit>',
      `what numbers of timestamps count: ${epochUnits.join(', ')}`,
      oneOf(epochUnits),
      'ms',
    ),
    key: RECORD_KEY,
    onError: defaulted(
      '--on-error <rule>',
      `what to do about a row that is no event: ${onErrorChoices.join(', ')}`,
      oneOf(onErrorChoices),
      'stop',
    ),
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
  async action(
    { files, topology, topic, map = [], columns, format = null, nullText = null, ...given },
    config,
  ) {
    const names = new Map(map.map(({ from, to }) => [to, from]));
    refuseAny(
      names.size < map.length ? ['--map: a column of the source is mapped twice'] : [],
      'Map it once.',
    );
    const { inputsOf } = await import('./load/inputs.ts');
    const { inProject } = await import('../settings/project.ts');
    const inputs = await inputsOf({ words: files, topologyFile: topology, topic });
    const { loadFiles } = await import('./load/load-files.ts');
    await loadFiles(inputs, inProject(config, inputs.topologyFile), {
      ...given,
      delimiter: given.delimiter ?? null,
      format,
      nullText,
      header: columns ?? null,
      names,
    });
  },
});
