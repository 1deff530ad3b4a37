// What becomes of sensitive columns (types alone).

/**
 * What becomes of a column with personal data before a stage sees it. What is hashed or encrypted is a string to the stages;
 * a number is hidden as the text that it has as a key (`25`, `0.1`, a boolean 0 or 1, an instant its milliseconds).
 * - `hash`: a keyed HMAC-SHA-256 of the string: the same string has the same hash, so it can be a key and be counted
 * - `encrypt`: AES-256-GCM with a data key of the event's entity: no stage of the engine reads it
 * - `drop`: the stages have no such column
 */
export type Treatment = 'hash' | 'encrypt' | 'drop';

/** By column. */
export type Treatments = Readonly<Partial<Record<string, Treatment>>>;
