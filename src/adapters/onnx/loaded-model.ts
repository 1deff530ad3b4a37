// A model in the calling thread (hot path): one run per batch, no copy of the features.
import * as ort from 'onnxruntime-node';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { bytesOf, type ModelContent } from '../../core/model-content.ts';
import { openSession } from './session.ts';
import type { Provider } from './session.ts';
import { checkSignature } from './signature.ts';
import type { Signature } from './signature.ts';

export interface ModelSource {
  readonly version: string;
  readonly bytes: ModelContent;
  readonly inputWidth: number;
  /** Of a row; 1 by default. */
  readonly outputs?: number;
  readonly provider: Provider;
}

/**
 * Loads the model, checks its signature and runs it on two rows: for a file the thread is blocked while it is loaded.
 * @throws MODEL_INVALID; ARTIFACT_UNAVAILABLE if the file is gone
 */
export async function loadModel(source: ModelSource): Promise<LoadedModel> {
  const where = `model ${source.version}`;
  let session: ort.InferenceSession;
  try {
    session = await openSession(await bytesOf(source.bytes), source.provider);
  } catch (error) {
    if (error instanceof MillraceError) {
      const { code, what, remedy = 'Export it again as one ONNX file.' } = error;
      throw new MillraceError(code, what, { where, remedy, cause: error });
    }
    throw new MillraceError('MODEL_INVALID', `ONNX Runtime cannot load it: ${messageOf(error)}`, {
      where,
      remedy: `Check that it is an ONNX file and that the ${source.provider} provider supports its operators.`,
      cause: error,
    });
  }
  try {
    const { inputMetadata, outputMetadata } = session;
    const signature = checkSignature(
      inputMetadata,
      outputMetadata,
      source.inputWidth,
      source.outputs ?? 1,
      where,
    );
    const model = new LoadedModel(session, signature, source);
    await model.tryRows(2);
    return model;
  } catch (error) {
    await session.release();
    throw error;
  }
}

export class LoadedModel {
  readonly #session: ort.InferenceSession;
  readonly #signature: Signature;
  readonly #source: ModelSource;
  #closed = false;

  constructor(session: ort.InferenceSession, signature: Signature, source: ModelSource) {
    this.#session = session;
    this.#signature = signature;
    this.#source = source;
  }

  /** Of a row. */
  get outputs(): number {
    return this.#source.outputs ?? 1;
  }

  /**
   * Writes the outputs of `rowCount` rows into `into` and returns how long the run blocked the thread, ms. Throws MODEL_FAILED.
   */
  async run(features: Float32Array, rowCount: number, into: Float32Array): Promise<number> {
    const { input, output, layout } = this.#signature;
    if (rowCount === 0) return 0;
    const width = this.#source.inputWidth;
    try {
      const tensor = new ort.Tensor('float32', features.subarray(0, rowCount * width), [rowCount, width]);
      let startedMs = 0;
      // ONNX Runtime waits for the next turn of the event loop and reads its feeds just before it computes. The clock
      // starts there, so that the run does not include the time of other work in between.
      const feeds = {
        get [input](): ort.Tensor {
          startedMs = performance.now();
          return tensor;
        },
      };
      if (layout === 'pairs') {
        const { [output]: pairs } = await this.#session.run(feeds, [output]);
        copySecondColumn(pairs?.data as Float32Array, rowCount, into);
      } else {
        // The session writes into the caller's array.
        const outputs = this.#source.outputs ?? 1;
        const dims = layout === 'vector' ? [rowCount] : [rowCount, outputs];
        await this.#session.run(feeds, {
          [output]: new ort.Tensor('float32', into.subarray(0, rowCount * outputs), dims),
        });
      }
      return performance.now() - startedMs;
    } catch (error) {
      throw new MillraceError('MODEL_FAILED', `a run of ${rowCount} rows failed: ${messageOf(error)}`, {
        where: `model ${this.#source.version}`,
        cause: error,
      });
    }
  }

  /** A run checks what the metadata leaves open (named dimensions). */
  async tryRows(rows: number): Promise<void> {
    const { inputWidth, outputs = 1 } = this.#source;
    try {
      await this.run(new Float32Array(rows * inputWidth), rows, new Float32Array(rows * outputs));
    } catch (error) {
      throw new MillraceError('MODEL_INVALID', `a trial run failed: ${messageOf(error)}`, {
        where: `model ${this.#source.version}`,
        remedy: `It must return ${outputs === 1 ? 'one score' : `${outputs} probabilities`} per row for an input [rows, ${inputWidth}] of zeros.`,
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#session.release();
  }
}

function copySecondColumn(pairs: Float32Array, rowCount: number, into: Float32Array): void {
  for (let i = 0; i < rowCount; i += 1) into[i] = pairs[2 * i + 1] as number;
}
