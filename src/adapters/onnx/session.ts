// Sessions of ONNX Runtime as this project wants them (control path).
import * as ort from 'onnxruntime-node';

/** Execution providers, in the order in which they are tried. */
export const providers = ['cuda', 'webgpu', 'cpu'] as const;

export type Provider = (typeof providers)[number];

// Process-wide. Each failure is thrown with the same text as well, and whoever catches it decides what to print.
ort.env.logLevel = 'fatal';

/**
 * A session that computes in the calling thread and in no other: with small models threads cost more than they give,
 * and a fixed order of summation gives the same bits every time.
 */
export function openSession(model: Uint8Array, provider: Provider): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(model, {
    executionProviders: [provider],
    executionMode: 'sequential',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  });
}
