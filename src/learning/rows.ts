// Rows without labels (control path).

/** Row-major raw features, NaN where missing. */
export interface RawRows {
  readonly features: Float32Array;
  readonly rowCount: number;
  readonly width: number;
}

/** Rows [from, to) of a training set: a view. */
export function rowsOf({ features, width }: RawRows, from: number, to: number): RawRows {
  return { features: features.subarray(from * width, to * width), rowCount: to - from, width };
}
