// The topology and the files that the words of the command line mean (control path).
import { statSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { STANDARD_INPUT } from '../../../adapters/files/file-bytes.ts';
import { MillraceError } from '../../../core/errors.ts';
import type { Topology } from '../../../topology/define.ts';
import { findTopology, loadTopology } from '../../compose/load-topology.ts';

const MODULE = /\.[cm]?[jt]s$/;
const PATTERN = /[*?[\]{}]/;
/** Where `millrace init` puts topologies. */
const TOPOLOGIES = 'topologies/*.{ts,mts,js,mjs}';

export interface LoadWords {
  readonly words: readonly string[];
  /** Of --topology. */
  readonly topologyFile: string | undefined;
  /** Of --topic. */
  readonly topic: string | undefined;
}

export interface LoadInputs {
  readonly topology: Topology;
  readonly topologyFile: string;
  readonly files: readonly string[];
}

/** @throws CONFIG_INVALID if there is no file, or it is not clear which topology is meant */
export async function inputsOf({ words, topologyFile, topic }: LoadWords): Promise<LoadInputs> {
  const [first = ''] = words;
  const isNamed = MODULE.test(first);
  if (isNamed && topologyFile !== undefined)
    throw usage('the topology is named twice', 'Leave out --topology.', first);
  const file = isNamed ? first : topologyFile;
  const files = await filesOf(isNamed ? words.slice(1) : words);
  if (files.length === 0)
    throw usage('there is no file to load', 'Name one or more files, or - for standard input.');
  const found = file === undefined ? await ofProject(topic) : { file, topology: await loadTopology(file) };
  const { source } = found.topology;
  if (topic !== undefined && source.topic !== topic)
    throw usage(
      `the topology reads ${source.topic}, not ${topic}`,
      'Name the topology of the topic.',
      found.file,
    );
  return { topology: found.topology, topologyFile: found.file, files };
}

/** The one topology of the project, or the one that reads the topic. */
async function ofProject(topic: string | undefined): Promise<{ file: string; topology: Topology }> {
  const candidates = await matches(TOPOLOGIES);
  const found = await Promise.all(
    candidates.map(async (file) => ({ file, topology: await findTopology(file) })),
  );
  // What topologies share, such as a source, may lie beside them.
  const loaded = found.flatMap(({ file, topology }) => (topology === null ? [] : [{ file, topology }]));
  const meant = loaded.filter(({ topology }) => topic === undefined || topology.source.topic === topic);
  const [only, other] = meant;
  if (only !== undefined && other === undefined) return only;
  throw usage(
    `it is not clear which topology reads the events: ${known(candidates, loaded)}`,
    'Name its file first: millrace load topologies/payments.ts payments.csv.',
  );
}

function known(candidates: readonly string[], loaded: ReadonlyArray<{ readonly file: string }>): string {
  if (candidates.length === 0) return 'there is no topologies folder here';
  if (loaded.length === 0) return `none of ${candidates.join(', ')} has a topology as its default export`;
  return `there are ${loaded.map(({ file }) => file).join(', ')}`;
}

/** In the order of the words; those of a pattern in the order of their names. Each once. */
async function filesOf(words: readonly string[]): Promise<string[]> {
  const files = new Set<string>();
  for (const word of words) {
    const isFile = word === STANDARD_INPUT || statSync(word, { throwIfNoEntry: false }) !== undefined;
    if (isFile || !PATTERN.test(word)) {
      files.add(word);
      continue;
    }
    const found = await matches(word);
    if (found.length === 0) throw usage('no file matches the pattern', 'Name files that exist.', word);
    for (const file of found) files.add(file);
  }
  return [...files];
}

async function matches(pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob(pattern)) if (statSync(file).isFile()) found.push(file);
  return found.sort();
}

function usage(what: string, remedy: string, where?: string): MillraceError {
  return new MillraceError('CONFIG_INVALID', what, where === undefined ? { remedy } : { where, remedy });
}
