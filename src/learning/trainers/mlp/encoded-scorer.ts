// Scores encoded rows with parameters that still change (control path): what early stopping looks at.
import { TRAINING_CHUNK_ROWS } from '../../../core/loop-limits.ts';
import type { GraphRuntime } from '../../../ports/scorer.ts';
import { encodedTensors } from '../encoding/encoded-set.ts';
import type { EncodedSet } from '../encoding/encoded-set.ts';
import { addScore } from './forward-graph.ts';
import { GraphBuilder } from '../../graph-builder.ts';
import type { Head } from './head.ts';
import type { NetworkShape } from './network-shape.ts';
import { addEncodedInputs, addUnpacking } from './step-graph.ts';

export interface EncodedScorer {
  /** Scores of rows [from, to). */
  score(theta: Float32Array, set: EncodedSet, from: number, to: number): Promise<Float32Array>;
  close(): Promise<void>;
}

export async function openEncodedScorer(
  runtime: GraphRuntime,
  shape: NetworkShape,
  head: Head,
): Promise<EncodedScorer> {
  const graph = new GraphBuilder('encoded_scorer');
  const encoded = addEncodedInputs(graph, shape);
  const parameters = addUnpacking(graph, shape, graph.input('theta', 'float32', [shape.size]));
  addScore(graph, shape, parameters, encoded, head);
  const session = await runtime.load(graph.build());
  return {
    async score(theta, set, from, to): Promise<Float32Array> {
      const scores = new Float32Array((to - from) * shape.outputs);
      for (let at = from; at < to; at += TRAINING_CHUNK_ROWS) {
        const feeds = encodedTensors(set, at, Math.min(to, at + TRAINING_CHUNK_ROWS));
        feeds['theta'] = { type: 'float32', data: theta, dims: [theta.length] };
        const { score } = await session.run(feeds);
        scores.set(score?.data as Float32Array, (at - from) * shape.outputs);
      }
      return scores;
    },
    async close(): Promise<void> {
      await session.close();
    },
  };
}
