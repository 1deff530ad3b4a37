/** Stands for a missing category in what a trainer learns of codes: real ones are never negative. */
export const MISSING_CODE = -1;
