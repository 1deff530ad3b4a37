// Rows without labels (control path).

/** Row-major raw features, NaN where missing. */
export interface RawRows {
  readonly features: Float32Array;
  readonly rowCount: number;
  readonly width: number;
}
