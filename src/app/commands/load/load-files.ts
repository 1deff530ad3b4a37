// `millrace load`: publishes the rows of files as events of a topology's source (control path).
import { STANDARD_INPUT } from '../../../adapters/files/file-bytes.ts';
import { MillraceError } from '../../../core/errors.ts';
import type { Schema } from '../../../core/schema.ts';
import { MS_PER_SECOND } from '../../../core/time.ts';
import type { Topology } from '../../../topology/define.ts';
import { isSensitive } from '../../../topology/sensitive-columns.ts';
import { givenColumns, type SourceFormat } from '../../../topology/source-format.ts';
import { topicSpecs } from '../../../topology/topics.ts';
import { openAppTelemetry, openFormat, openLog, openSchemas } from '../../compose/adapters.ts';
import { recordKeyOf } from '../../compose/record-key.ts';
import type { Config } from '../../settings/config.ts';
import type { RowFileOptions } from '../row-file-options.ts';
import { BadRows } from './bad-rows.ts';
import { DryDecoder, unregistered } from './dry-decoder.ts';
import { DRY_RUN_ROWS, dryTarget } from './dry-run.ts';
import type { LoadInputs } from './inputs.ts';
import { fileColumns } from './row-mapping.ts';
import { Loads, type LoadsOptions } from './loads.ts';
import { checkFile } from './open-rows.ts';
import { Pace } from './pace.ts';
import { openStream, openTarget, type LoadTarget } from './target.ts';

export interface LoadOptions extends RowFileOptions {
  readonly speed: number | 'max';
  /** Rows of each file at most. */
  readonly limit: number | undefined;
  /** Forgets where earlier loads of the files ended. */
  readonly restart: boolean;
  readonly dryRun: boolean;
}

export async function loadFiles(inputs: LoadInputs, config: Config, options: LoadOptions): Promise<void> {
  for (const file of inputs.files) await checkFile(file, options.format); // before anything is sent
  if (options.dryRun) await showFirst(inputs, config, options);
  else await send(inputs, config, options);
}

async function send({ topology, files }: LoadInputs, config: Config, options: LoadOptions): Promise<void> {
  const { source } = topology;
  const log = await openLog(config, await openAppTelemetry(config));
  try {
    await log.ensureTopics(topicSpecs(topology).filter(({ topic }) => topic === source.topic));
    const format = openFormat(topology, openSchemas(config));
    const bad = new BadRows(options.onError, isSensitive(source), complain);
    const open = async (file: string): Promise<LoadTarget> => {
      const isInput = file === STANDARD_INPUT;
      const to = isInput ? openStream(log, source.topic) : await openTarget(log, topology, file);
      return options.restart ? { ...to, from: null } : to;
    };
    const parts = await partsOf(topology, format, options);
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const loads = new Loads({ ...parts, files, bad, limit, open, note: complain, say });
    const startedMs = performance.now();
    try {
      await loads.run();
    } finally {
      summarise(loads, bad, source.topic, (performance.now() - startedMs) / MS_PER_SECOND);
    }
  } finally {
    await log.close();
  }
}

async function showFirst(inputs: LoadInputs, config: Config, options: LoadOptions): Promise<void> {
  const { topology, files } = inputs;
  const { source } = topology;
  const format = openFormat(topology, unregistered(openSchemas(config)));
  const decoder = new DryDecoder(await format.decoder(), source);
  const bad = new BadRows('skip', isSensitive(source), complain);
  const open = async (): Promise<LoadTarget> => dryTarget(topology, decoder, say);
  const parts = await partsOf(topology, format, { ...options, speed: 'max' });
  const limit = options.limit ?? DRY_RUN_ROWS;
  const loads = new Loads({ ...parts, files, bad, limit, open, note: complain, say: () => undefined });
  await loads.run();
  const events = loads.events === 1 ? '1 event' : `${loads.events} events`;
  say(`${events} shown, ${bad.count} bad ${bad.count === 1 ? 'row' : 'rows'}; nothing was sent`);
  if (bad.count === 0 || options.onError !== 'stop') return;
  throw new MillraceError(
    'DATA_INVALID',
    `${bad.count} ${bad.count === 1 ? 'row is no event' : 'rows are no events'} of the source`,
    {
      where: `topic ${source.topic}`,
      remedy: 'Correct them, or load the file with --on-error skip or dead-letter.',
    },
  );
}

/** How rows of files become records of the source. */
export async function partsOf(
  topology: Topology,
  format: SourceFormat,
  options: RowFileOptions & Pick<LoadOptions, 'speed'>,
  nowMs: number = Date.now(),
): Promise<Pick<LoadsOptions, 'columns' | 'form' | 'rows' | 'pace'>> {
  const { eventTime, schema: declared } = topology.source;
  const { names, unit, speed } = options;
  const encoder = await format.encoder();
  const schema = givenColumns((await format.decoder()).schema, encoder);
  const keyColumns = options.key ?? recordKeyOf(topology);
  checkNames(schema, [...names.keys(), ...keyColumns]);
  const wanted = fileColumns(Object.keys(schema), names);
  return {
    columns: { schema, columns: declared, eventTime, unit, nowMs, names },
    form: { encoder, keyColumns, eventTime },
    rows: { ...options, wanted: (column) => wanted.has(column) },
    pace: speed === 'max' ? null : new Pace(speed, () => performance.now()),
  };
}

/** @throws CONFIG_INVALID if an option names a column that the source has not */
function checkNames(schema: Schema, names: readonly string[]): void {
  const unknown = names.find((name) => !Object.hasOwn(schema, name));
  if (unknown === undefined) return;
  throw new MillraceError('CONFIG_INVALID', `the source has no column ${unknown}`, {
    remedy: `Name one of its columns: ${Object.keys(schema).join(', ')}.`,
  });
}

function summarise(loads: Loads, bad: BadRows, topic: string, seconds: number): void {
  const { count, rule } = bad;
  const events = rule === 'dead-letter' ? loads.events - count : loads.events;
  say(`topic         ${topic}`);
  say(
    `events        ${events} in ${seconds.toFixed(1)} s: ${Math.round(events / Math.max(seconds, 1e-3))} a second`,
  );
  if (count > 0)
    say(`bad rows      ${count}, ${rule === 'skip' ? 'left out' : 'sent to become dead letters'}`);
  if (loads.isStopped) say('stopped: start the load again to go on');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(line: string): void {
  process.stderr.write(`millrace: ${line}\n`);
}
