// A feature as models and trainers know it (control path).

export interface FeatureSpec {
  readonly name: string;
  /** `categorical` values are codes (core/murmur2 categoryCode): equal or not, never ordered. */
  readonly kind: 'numeric' | 'categorical';
}
