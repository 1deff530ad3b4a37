// How raw features become a model's inputs (control path): fitted from a training set, kept in the model.
import { z } from 'zod';
import type { FeatureSpec } from '../../../core/feature-spec.ts';

export interface NumericEncoding {
  /** Column in the raw feature row. */
  readonly column: number;
  /** Passes through asinh first, a logarithm for both signs of what is large beside `logScale`. */
  readonly signedLog: boolean;
  /** What the value is divided by before asinh; 1 in encodings of earlier releases. */
  readonly logScale: number;
  /** Of the training rows that have a value, after the logarithm. */
  readonly mean: number;
  readonly deviation: number;
  /** Has an input of its own that is 1 where the value is missing. */
  readonly indicator: boolean;
}

export interface CategoricalEncoding {
  readonly column: number;
  /** Codes with an embedding of their own: the i-th has row i + 1 of the feature, row 0 is the unknown category. */
  readonly vocabulary: readonly number[];
}

/**
 * A numeric feature is logged or not, standardised and clipped; missing becomes 0, the mean. A categorical one becomes
 * the row of its embedding; unknown and rare ones share row 0.
 */
export interface Encoding {
  readonly features: readonly FeatureSpec[];
  readonly clipDeviations: number;
  /** Features not logged come first: each kind is then one slice of columns. */
  readonly numeric: readonly NumericEncoding[];
  readonly categorical: readonly CategoricalEncoding[];
}

const encodingSchema: z.ZodType<Encoding> = z.object({
  features: z.array(z.object({ name: z.string(), kind: z.enum(['numeric', 'categorical']) })),
  clipDeviations: z.number(),
  numeric: z.array(
    z.object({
      column: z.number(),
      signedLog: z.boolean(),
      logScale: z.number().default(1),
      mean: z.number(),
      deviation: z.number(),
      indicator: z.boolean(),
    }),
  ),
  categorical: z.array(z.object({ column: z.number(), vocabulary: z.array(z.number()) })),
});

/** Columns of the encoded numeric matrix: the standardised values, then the indicators. */
export function numericWidth(encoding: Encoding): number {
  return encoding.numeric.length + encoding.numeric.filter((feature) => feature.indicator).length;
}

/** Row 0 of each categorical feature in the one embedding table, then the table's row count. */
export function embeddingOffsets(encoding: Encoding): number[] {
  const offsets = [0];
  for (const { vocabulary } of encoding.categorical) {
    offsets.push((offsets.at(-1) ?? 0) + vocabulary.length + 1);
  }
  return offsets;
}

/** True where a model that was trained on `encoding` reads the same features in the same order. */
export function readsFeatures(encoding: Encoding, features: readonly FeatureSpec[]): boolean {
  return (
    encoding.features.length === features.length &&
    encoding.features.every(({ name, kind }, i) => name === features[i]?.name && kind === features[i]?.kind)
  );
}

export function encodingToJson(encoding: Encoding): string {
  return JSON.stringify(encoding);
}

/** Null for text that is no encoding: a model that somebody else made. */
export function encodingFromJson(text: string): Encoding | null {
  try {
    return encodingSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
