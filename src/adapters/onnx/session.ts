// Opens ONNX Runtime sessions with this project's options (control path).
import * as ort from 'onnxruntime-node';
import { requireSelfContained } from '../../onnx-format/self-contained.ts';

/** Execution providers, in the order in which they are tried. */
export const providers = ['cuda', 'webgpu', 'cpu'] as const;

export type Provider = (typeof providers)[number];

// Process-wide. Every failure is also thrown with the same text, and the code that catches it decides what to print.
ort.env.logLevel = 'fatal';

/**
 * A session that computes in the calling thread only: with small models threads cost more than they save, and a fixed
 * order of summation makes results reproducible bit for bit. Every session is opened here, for a model that is not trusted.
 * @throws MODEL_INVALID for a model that is not self-contained; ONNX Runtime's own errors
 */
export async function openSession(model: Uint8Array, provider: Provider): Promise<ort.InferenceSession> {
  requireSelfContained(model);
  return ort.InferenceSession.create(model, {
    executionProviders: [provider],
    executionMode: 'sequential',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  });
}
