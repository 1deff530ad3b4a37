// The header that says where in the source a record comes from.

/** Header of a repartitioned record, and of a dead letter: `topic-partition-offset` of the source record. */
export const SOURCE_HEADER = 'millrace-source';
