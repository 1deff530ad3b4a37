// Whether the ONNX Runtime of this release knows the operators that a model was exported with (control path): what it says itself
// names no remedy.
import type { ModelView } from '../../onnx-format/model-view.ts';
import { refuse } from './refuse.ts';

/** Versions of operator sets that onnxruntime-node 1.30 has, by domain. */
export const OPSETS_MAX: Readonly<Record<string, number>> = { '': 26, 'ai.onnx.ml': 5 };
/** Of the format itself. */
export const IR_VERSION_MAX = 13;

/** @throws MODEL_INVALID */
export function requireKnownOperators({ opsets, irVersion }: ModelView): void {
  for (const [domain, max] of Object.entries(OPSETS_MAX)) {
    const version = opsets.get(domain) ?? 0;
    if (version <= max) continue;
    const name = domain === '' ? 'ai.onnx' : domain;
    refuse(
      `the model uses operators of ${name} ${version}, and ONNX Runtime has them up to ${max}`,
      `Export it with an older set: target_opset={"": ${OPSETS_MAX['']}, "ai.onnx.ml": ${OPSETS_MAX['ai.onnx.ml']}} (skl2onnx), opset_version=${OPSETS_MAX['']} (PyTorch).`,
    );
  }
  if (irVersion > IR_VERSION_MAX)
    refuse(
      `the file is of version ${irVersion} of the ONNX format, and ONNX Runtime reads it up to ${IR_VERSION_MAX}`,
      `Save it with an older one: model.ir_version = ${IR_VERSION_MAX}; onnx.save(model, path).`,
    );
}
