// Runs any graph on the CPU (hot path of training). Outputs of one run can be inputs of the next without a copy.
import * as ort from 'onnxruntime-node';
import { messageOf, MillraceError } from '../../core/errors.ts';
import type { GraphRuntime, GraphSession, Tensor } from '../../ports/scorer.ts';
import { openSession } from './session.ts';

/** CPU only: this makes training reproducible bit for bit, and its steps are too small to gain from a GPU. */
export class OnnxGraphRuntime implements GraphRuntime {
  /** Throws MODEL_INVALID. */
  async load(model: Uint8Array): Promise<GraphSession> {
    try {
      return new OnnxGraphSession(await openSession(model, 'cpu'));
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      throw new MillraceError('MODEL_INVALID', `ONNX Runtime cannot load the graph: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

class OnnxGraphSession implements GraphSession {
  readonly #session: ort.InferenceSession;

  constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  /** Throws MODEL_FAILED. */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    try {
      const tensors: Record<string, ort.Tensor> = {};
      for (const name of this.#session.inputNames) {
        const tensor = feeds[name];
        if (tensor !== undefined) tensors[name] = toOrt(tensor);
      }
      return (await this.#session.run(tensors)) as Readonly<Record<string, ort.Tensor>> as Record<
        string,
        Tensor
      >;
    } catch (error) {
      throw new MillraceError('MODEL_FAILED', `a graph run failed: ${messageOf(error)}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/** The output tensor of a run is passed on unchanged. */
function toOrt(tensor: Tensor): ort.Tensor {
  return tensor instanceof ort.Tensor ? tensor : new ort.Tensor(tensor.type, tensor.data, tensor.dims);
}
