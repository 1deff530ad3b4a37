// The bounds of windows and their aggregates, each with its reason (control path).

/** Panes of one window, allowed lateness included: bounds a key's memory and its blob in the store. */
export const WINDOW_PANES_MAX = 512;

/** Tiles of one size in a long window: days of more than two years. */
export const WINDOW_TILES_MAX = 1_024;

/** Slots of one aggregate's state in one pane: a sketch of 32 KB. */
export const ACCUMULATOR_SLOTS_MAX = 4_096;

/** Units before the current one that a calendar window may be: a year of days and more. */
export const CALENDAR_BACK_MAX = 400;

/** The last events that a window may have: each has a state of its own, and a read merges them. */
export const LAST_EVENTS_MAX = 512;

/** Slots of the states of these events, of one key: two megabytes. */
export const LAST_EVENTS_SLOTS_MAX = 262_144;

/** Declared buckets of an aggregate, and those with the most events: each is a feature, or several. */
export const BUCKETS_MAX = 64;
export const TOP_BUCKETS_MAX = 32;
