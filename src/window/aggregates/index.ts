// The built-in aggregates: one file and one line here each.
export { count } from './count.ts';
export { last } from './last.ts';
export { max } from './max.ts';
export { mean } from './mean.ts';
export { min } from './min.ts';
export { rate } from './rate.ts';
export { share } from './share.ts';
export { std } from './std.ts';
export { sum } from './sum.ts';
