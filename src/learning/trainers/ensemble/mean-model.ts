// Several models as one that returns the mean of their scores (control path). The models are those of Millrace's own trainers:
// one Float32 input, one Float32 output.
import { MillraceError } from '../../../core/errors.ts';
import { decodeMessage, encodeMessage } from '../../../onnx-format/fields.ts';
import { modelMessage, type Model, type Node } from '../../../onnx-format/messages.ts';

type Graph = NonNullable<Model['graph']>;

const INPUT = 'features';
const OUTPUT = 'score';

/** @throws TRAINING_FAILED for a file with parts that Millrace does not write */
export function meanModel(files: readonly Uint8Array[]): Uint8Array {
  const models = files.map(decoded);
  const graphs = models.map(({ graph }, i) => renamed(graph ?? {}, `m${i}_`));
  const [first] = models;
  const scores = graphs.map(({ score }) => score);
  const mean: Node = { opType: 'Mean', input: scores, output: [OUTPUT] };
  const opsets = new Map<string, number>();
  for (const { opsetImport = [] } of models)
    for (const { domain = '', version = 0 } of opsetImport)
      opsets.set(domain, Math.max(version, opsets.get(domain) ?? 0));
  return encodeMessage(modelMessage, {
    irVersion: Math.max(...models.map(({ irVersion = 0 }) => irVersion)),
    producerName: 'millrace',
    opsetImport: [...opsets].map(([domain, version]) => ({ domain, version })),
    graph: {
      name: 'ensemble',
      node: [...graphs.flatMap(({ nodes }) => nodes), mean],
      initializer: graphs.flatMap(({ initializers }) => initializers),
      input: (first?.graph?.input ?? []).map((input) => ({ ...input, name: INPUT })),
      output: (first?.graph?.output ?? []).map((output) => ({ ...output, name: OUTPUT })),
    },
  });
}

function decoded(file: Uint8Array): Model {
  const model = decodeMessage(modelMessage, file);
  // Parts that the messages do not name are lost when they are read: the file would do something else.
  if (encodeMessage(modelMessage, model).length === file.length) return model;
  throw new MillraceError(
    'TRAINING_FAILED',
    'a member of the ensemble has made a file that cannot be joined',
    {
      remedy: 'List it as a trainer of its own.',
    },
  );
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
