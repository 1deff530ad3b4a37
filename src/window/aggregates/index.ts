// The built-in aggregates: one line for each file here.
export { count } from './count.ts';
export { decayedCount, decayedSum } from './decayed-sum.ts';
export { distinct, type DistinctOptions } from './distinct.ts';
export { entropy, type EntropyOptions } from './entropy.ts';
export { ewma } from './ewma.ts';
export { first, firstCategory } from './first.ts';
export { histogram, type HistogramOptions } from './histogram.ts';
export { interArrivalMean, interArrivalStd } from './inter-arrival.ts';
export { kurtosis } from './kurtosis.ts';
export {
  distinctLastK,
  distinctLastKCategories,
  lastK,
  lastKCategories,
  type LastKOptions,
} from './last-k.ts';
export { last, lastCategory } from './last.ts';
export { max } from './max.ts';
export { mean } from './mean.ts';
export { min } from './min.ts';
export { quantiles, type QuantilesOptions } from './quantiles.ts';
export { rate } from './rate.ts';
export { share } from './share.ts';
export { skewness } from './skewness.ts';
export { std } from './std.ts';
export { sum } from './sum.ts';
export { timeSinceLast } from './time-since-last.ts';
export { topK, type TopKOptions } from './top-k.ts';
export { trend } from './trend.ts';
export { variance } from './variance.ts';
