// Count, mean and sum of squared deviations: the accumulator that `mean` and `std` share.
import { MOMENTS_WIDTH, momentsMerge, momentsUpdate } from '../../core/moments.ts';
import type { Accumulator } from '../aggregate.ts';

export const moments: Accumulator = { width: MOMENTS_WIDTH, add: momentsUpdate, merge: momentsMerge };
