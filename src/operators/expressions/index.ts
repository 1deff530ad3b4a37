// The functions of expressions that topologies use (control path).
export {
  abs,
  add,
  bins,
  ceil,
  divide,
  exp,
  floor,
  greatest,
  haversine,
  least,
  log,
  log1p,
  modulo,
  multiply,
  power,
  round,
  sqrt,
  subtract,
  zScore,
} from './arithmetic.ts';
export { dayOf, hourOf, minuteOf, monthOf, weekdayOf, yearOf, type ZoneOptions } from './calendar.ts';
export {
  allOf,
  anyOf,
  coalesce,
  equal,
  greater,
  greaterEqual,
  isNull,
  less,
  lessEqual,
  not,
  notEqual,
  when,
} from './conditions.ts';
export { numberFrom, numbersFrom, rowsWhere, stringFrom } from './functions.ts';
export { lists } from './lists.ts';
export { text, type TextFunctions } from './texts.ts';
