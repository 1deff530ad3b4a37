// Conditions (control path): what goes wrong for a while and an operator must see. A new one is one line here; the check of
// names, the gauge `millrace_condition` and the table in docs/metrics.md follow from it.

/** Every condition: what its log line says. */
export const conditions = {
  // services
  log_unavailable: 'the log does not answer; requests are retried',
  events_not_taken: 'the log does not take events that come by HTTP; their senders have to repeat them',
  store_unavailable: 'the state store does not answer; requests are retried',
  history_unavailable: 'the history does not answer; rows are buffered and retried',
  registry_unavailable: 'the schema registry does not answer; requests are retried',
  credentials_unreadable: 'a secret, certificate or key cannot be read again; the last one is used',
  store_evicts: 'the state store may drop state to free memory',
  sink_unavailable: 'a sink does not take rows; they are buffered and retried',
  // partitions
  group_not_joined: 'the consumer group has not assigned anything to this process',
  partition_stuck: 'events wait, but the partition does not progress',
  merge_waiting: 'repartitioned events wait for a partition of a source that does not progress',
  task_restarting: 'the task of a partition fails and restarts from its last commit',
  dead_letters_only: 'every event of a partition is set aside',
  offsets_skipped: 'events were deleted before they were read, and are skipped',
  contract_broken: 'events break a rule of the contract that alerts',
  partition_silent: 'a contract expects events, and none come',
  function_failed: 'a function of the topology throws: the value is null',
  records_skipped: 'records that cannot be read are skipped',
  partitions_added: 'the topic has more partitions than the topology declares',
  topic_recreated: 'the topic was deleted and created again',
  state_rebuilt: 'lost or damaged state is rebuilt from the log',
  state_incomplete: 'state was lost that the log no longer has the events for',
  // tables
  table_not_loaded: 'a lookup table is not loaded yet; partitions wait for it',
  table_behind: 'a lookup table cannot be read up to its end; the rows that are known are used',
  rows_not_fetched: 'rows of a lookup table cannot be fetched; those that are missing are null',
  // models and the learning loop
  model_refused: 'a model update is refused; the champion before it stays in use',
  model_untried:
    'a model update cannot be tried; it is retried, and the champion before it stays in use meanwhile',
  artifact_unavailable:
    'the file of a model is missing or damaged, or cannot be fetched; it is retried, and the champion before it stays in use meanwhile',
  decision_failed: 'a decision of the learning loop fails',
  training_failed: 'trainings fail',
  loop_rebuilt: 'the learning loop starts without a snapshot, from the observations that the log holds',
  records_kept: 'records that are not needed any more cannot be deleted',
} as const;

export type ConditionName = keyof typeof conditions;

/** A condition that lasts. */
export interface RaisedCondition {
  readonly condition: ConditionName;
  /** What it concerns: a topic-partition, a service, a version. */
  readonly where: string;
  readonly reason: string;
  /** When it was raised first, Unix ms. */
  readonly sinceMs: number;
  /** Whether the process is not ready while it lasts. */
  readonly blocksReadiness: boolean;
}
