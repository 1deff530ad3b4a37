// Every bound of column profiles with its reason.

/** Examples of a column in a period: enough to see what the values look like. */
export const PROFILE_EXAMPLES = 3;

/** Characters of an example: a longer value shows what it is by its start. */
export const PROFILE_EXAMPLE_LENGTH_MAX = 80;

/** Columns of a profile: each costs two kilobytes of state in each period that is open. */
export const PROFILE_COLUMNS_MAX = 200;

/** One event in so many is profiled: beyond it a profile says nothing. */
export const PROFILE_ONE_IN_MAX = 1_000_000;

/** Periods that a dashboard shows, of each partition: a day of hours. */
export const PROFILE_PERIODS_SHOWN = 24;
