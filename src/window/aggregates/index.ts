// The built-in aggregates: one line for each file here.
export { count } from './count.ts';
export { first, firstCategory } from './first.ts';
export { interArrivalMean, interArrivalStd } from './inter-arrival.ts';
export { kurtosis } from './kurtosis.ts';
export { last, lastCategory } from './last.ts';
export { max } from './max.ts';
export { mean } from './mean.ts';
export { min } from './min.ts';
export { rate } from './rate.ts';
export { share } from './share.ts';
export { skewness } from './skewness.ts';
export { std } from './std.ts';
export { sum } from './sum.ts';
export { timeSinceLast } from './time-since-last.ts';
export { trend } from './trend.ts';
export { variance } from './variance.ts';
