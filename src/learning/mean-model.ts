// Several models as one that returns the mean of their scores (control path). The models are those of Millrace's own trainers:
// one Float32 input, one Float32 output.
import { MillraceError } from '../core/errors.ts';
import { decodeMessage, encodeMessage } from '../onnx-format/fields.ts';
import { DATA_TYPE, modelMessage, type Model, type Node } from '../onnx-format/messages.ts';

type Graph = NonNullable<Model['graph']>;

const PRODUCER = 'millrace';
const GRAPH = 'ensemble';
const INPUT = 'features';
const OUTPUT = 'score';

/**
 * @param weights of the models, of any scale; by default each counts alike
 * @throws TRAINING_FAILED for a file with parts that Millrace does not write
 */
export function meanModel(files: readonly Uint8Array[], weights?: readonly number[]): Uint8Array {
  const models = files.map(decoded);
  const graphs = models.map(({ graph }, i) => renamed(graph ?? {}, prefixOf(i)));
  const [first] = models;
  const scores = graphs.map(({ score }) => score);
  const mean = weights === undefined ? plainMean(scores) : weightedMean(scores, weights);
  const opsets = new Map<string, number>();
  for (const { opsetImport = [] } of models)
    for (const { domain = '', version = 0 } of opsetImport)
      opsets.set(domain, Math.max(version, opsets.get(domain) ?? 0));
  return encodeMessage(modelMessage, {
    irVersion: Math.max(...models.map(({ irVersion = 0 }) => irVersion)),
    producerName: PRODUCER,
    opsetImport: [...opsets].map(([domain, version]) => ({ domain, version })),
    graph: {
      name: GRAPH,
      node: [...graphs.flatMap(({ nodes }) => nodes), ...mean.nodes],
      initializer: [...graphs.flatMap(({ initializers }) => initializers), ...mean.initializers],
      input: (first?.graph?.input ?? []).map((input) => ({ ...input, name: INPUT })),
      output: (first?.graph?.output ?? []).map((output) => ({ ...output, name: OUTPUT })),
    },
    metadataProps: models.flatMap(({ metadataProps = [] }, i) =>
      metadataProps.map(({ key = '', value = '' }) => ({ key: prefixOf(i) + key, value })),
    ),
  });
}

/** Model number `at` of those that a mean was made of, as far as a trainer can start from it: its constants and its metadata. */
export function memberModel(file: Uint8Array, at: number): Uint8Array {
  const { graph, metadataProps = [], ...rest } = decodeMessage(modelMessage, file);
  const prefix = prefixOf(at);
  const own = <T>(list: readonly T[] | undefined, key: keyof T & ('name' | 'key')): T[] =>
    (list ?? []).flatMap((one) => {
      const name = String(one[key] ?? '');
      return name.startsWith(prefix) ? [{ ...one, [key]: name.slice(prefix.length) }] : [];
    });
  return encodeMessage(modelMessage, {
    ...rest,
    graph: { ...graph, node: [], initializer: own(graph?.initializer, 'name') },
    metadataProps: own(metadataProps, 'key'),
  });
}

/** Whether models can be joined: Millrace's own, of the same operators. */
export function canBeJoined(files: readonly Uint8Array[]): boolean {
  const models = files.map((file) => decodeMessage(modelMessage, file));
  if (!models.every((model, i) => model.producerName === PRODUCER && isWhole(model, files[i]))) return false;
  const versions = new Map<string, number>();
  return models
    .flatMap(({ opsetImport = [] }) => opsetImport)
    .every(({ domain = '', version = 0 }) => {
      const before = versions.get(domain) ?? version;
      versions.set(domain, version);
      return before === version;
    });
}

interface MeanNodes {
  readonly nodes: readonly Node[];
  readonly initializers: NonNullable<Graph['initializer']>;
}

function plainMean(scores: readonly string[]): MeanNodes {
  return { nodes: [{ opType: 'Mean', input: [...scores], output: [OUTPUT] }], initializers: [] };
}

function weightedMean(scores: readonly string[], weights: readonly number[]): MeanNodes {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const parts = scores.map((score, i) => ({ score, weight: `weight${i}`, part: `part${i}` }));
  return {
    nodes: [
      ...parts.map(({ score, weight, part }) => ({ opType: 'Mul', input: [score, weight], output: [part] })),
      { opType: 'Sum', input: parts.map(({ part }) => part), output: [OUTPUT] },
    ],
    initializers: parts.map(({ weight: name }, i) => ({
      name,
      dataType: DATA_TYPE.float32,
      dims: [],
      rawData: new Uint8Array(Float32Array.of((weights[i] as number) / sum).buffer),
    })),
  };
}

function prefixOf(at: number): string {
  return `m${at}_`;
}

function decoded(file: Uint8Array): Model {
  const model = decodeMessage(modelMessage, file);
  if (isWhole(model, file)) return model;
  throw new MillraceError(
    'TRAINING_FAILED',
    'a member of the ensemble has made a file that cannot be joined',
    {
      remedy: 'List it as a trainer of its own.',
    },
  );
}

/** Parts that the messages do not name are lost when they are read: the file would do something else. */
function isWhole(model: Model, file: Uint8Array | undefined): boolean {
  return encodeMessage(modelMessage, model).length === file?.length;
}

interface Renamed {
  readonly nodes: readonly Node[];
  readonly initializers: NonNullable<Graph['initializer']>;
  readonly score: string;
}

/** Names with a prefix, but for the input; an input that is left out has no name. */
function renamed(graph: Graph, prefix: string): Renamed {
  const { node = [], initializer = [], input = [], output = [] } = graph;
  const [features] = input;
  const name = (value: string): string => {
    if (value === '') return '';
    return value === features?.name ? INPUT : prefix + value;
  };
  return {
    nodes: node.map((one) => ({
      ...one,
      input: one.input?.map(name) ?? [],
      output: one.output?.map(name) ?? [],
    })),
    initializers: initializer.map((tensor) => ({ ...tensor, name: name(tensor.name ?? '') })),
    score: name(output[0]?.name ?? ''),
  };
}
