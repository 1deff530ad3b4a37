// Every metric of the engine (control path): a new one is one line here; /metrics, the check of names and the tables in
// docs/metrics.md follow from it. Names follow <name>_<unit>_total in base units (seconds, bytes); the adapter adds the
// namespace and converts the milliseconds that callers give.

import { counter, duration, gauge, type MetricGroup } from './metric-spec.ts';

const events: MetricGroup = {
  events_total: counter('Events read from the log and committed.', 'topology'),
  events_ingested_total: counter('Events that came by HTTP and are in the log.', 'topology'),
  events_refused_total: counter(
    'Events that came by HTTP and are not in the log: `invalid` ones, and good ones beside them (`beside_invalid`).',
    'topology',
    'reason',
  ),
  ingest_duration_seconds: duration(
    'From the body of a request that brings events until the log has them.',
    'topology',
  ),
  batches_total: counter('Micro-batches of events read from the log.', 'topology'),
  events_late_total: counter(
    'Events behind the watermark by more than the allowed lateness.',
    'topology',
    'stage',
  ),
  events_duplicate_total: counter('Events dropped because their id was seen before.', 'topology', 'stage'),
  events_filtered_total: counter(
    "Events that a filter, or a stage of the topology's own, dropped.",
    'topology',
    'stage',
  ),
  contract_violations_total: counter('Violations of contract rules.', 'topology', 'rule', 'action'),
  events_skipped_total: counter('Events that were deleted before they were read.', 'topology'),
  records_without_event_total: counter(
    'Records of a source that are no events, such as tombstones and deletes in a change stream.',
    'topology',
  ),
  records_skipped_total: counter(
    'Records of topics other than a source whose batch cannot be read, and which are skipped.',
    'topic',
  ),
  quarantined_total: counter(
    "Records of the engine's own topics, and files (`file`), that were left out, by the reason.",
    'topic',
    'reason',
  ),
  quarantine_unwritten_total: counter(
    'Quarantined records that were not written to the quarantine: too many at once, or the log refused them.',
    'topology',
  ),
  dead_letters_total: counter('Events sent to the dead-letter topic.', 'topology', 'code'),
  events_repartitioned_total: counter('Events forwarded under another key.', 'topology'),
  events_merged_total: counter(
    'Repartitioned events that were merged into the order of their sources.',
    'topic',
  ),
  merge_waiting_events: gauge(
    'Repartitioned events that wait until no earlier one of another source can come.',
    'topic',
    'partition',
  ),
  merge_waiting_seconds: gauge(
    'How long they have waited for one and the same source.',
    'topic',
    'partition',
  ),
  events_unkeyed_total: counter(
    'Events without a key to repartition by, which are not forwarded.',
    'topology',
    'stage',
  ),
  answers_total: counter('Events that a part of a topology has answered with features.', 'topology'),
  answers_missing_total: counter('Events without the features of a hop, by view.', 'topology', 'hop'),
  answers_wait_seconds: duration('Wait of a batch for the features of other keys.', 'topology'),
  offset_lag_events: gauge(
    'Events in the log that are not processed and committed yet, as of the last two seconds. Absent for a partition of another process.',
    'topology',
    'partition',
  ),
  lag_seconds: gauge(
    'How long the oldest event that is not committed has waited, as far as this process knows; 0 if none waits.',
    'topology',
    'partition',
  ),
  watermark_timestamp_seconds: gauge('Event time of the watermark.', 'topology', 'partition'),
};

const tables: MetricGroup = {
  table_rows: gauge('Keys of a lookup table that have a row.', 'topology', 'table'),
  table_versions: gauge(
    'Versions of the rows of a lookup table, ends of rows included.',
    'topology',
    'table',
  ),
  table_bytes: gauge('Memory of a lookup table in this process.', 'topology', 'table'),
  table_read_timestamp_seconds: gauge(
    'Unix time as of which a lookup table has what its origin has.',
    'topology',
    'table',
  ),
  table_versions_dropped_total: counter(
    'Versions of rows that were given up, as newer ones follow them.',
    'topology',
    'table',
  ),
  table_lookups_total: counter(
    'Events that had a row in a lookup table (`found`), and that had none (`missing`).',
    'topology',
    'table',
    'result',
  ),
  table_wait_seconds: duration(
    'Waits of a batch until a lookup table is read up to its end, or its missing rows are fetched.',
    'topology',
    'table',
  ),
  table_waits_exceeded_total: counter(
    'Batches that did not wait any longer for a lookup table to be read up to its end.',
    'topology',
    'table',
  ),
  join_events_dropped_total: counter(
    'Events that an interval join forgot before their time, as their key had too many.',
    'topology',
    'stage',
  ),
  table_requests_total: counter(
    'Keys of a lookup table that were requested by HTTP: `found`, `missing`, `strange` for a response that is no row, `failed`, and `skipped` after a failure.',
    'topology',
    'table',
    'outcome',
  ),
};

const predictions: MetricGroup = {
  predictions_total: counter('Predictions.', 'topology', 'version'),
  alerts_total: counter('Predictions whose score is an alert, of a task without labels.', 'topology'),
  prediction_fallbacks_total: counter('Predictions with the declared fallback value.', 'topology', 'reason'),
  prediction_latency_seconds: duration('From the receipt of an event to its prediction.', 'topology'),
  decode_duration_seconds: duration('Decoding of one micro-batch.', 'topology'),
  score_duration_seconds: duration('One run of the model over one micro-batch.', 'topology'),
  labels_joined_total: counter('Labels joined to their prediction.', 'topology'),
  labels_never_total: counter('Predictions that will never have a label.', 'topology'),
  labels_unmatched_total: counter(
    'Labels given up without a prediction: it timed out, never came, or has a label already.',
    'topology',
  ),
  labels_corrected_total: counter('Labels that replaced the one that their prediction had.', 'topology'),
  labels_withdrawn_total: counter('Labels that were taken back.', 'topology'),
  labels_unreadable_total: counter(
    'Labels that the task cannot use: a class that it does not declare, or a number that is infinite.',
    'topology',
  ),
  labels_early_joined_total: counter('Labels that came before their prediction, and joined it.', 'topology'),
  labels_early_waiting_events: gauge(
    'Labels that came before their prediction, and wait for it.',
    'topology',
    'partition',
  ),
  shadow_failures_total: counter('Failed runs of the shadow model.', 'topology', 'code'),
};

const epochs: MetricGroup = {
  epochs_total: counter('Committed epochs.', 'topology'),
  epoch_commit_duration_seconds: duration('Commit of one epoch: log transaction and state.', 'topology'),
  tasks_active: gauge('Partitions assigned to this process.', 'topology'),
  task_restarts_total: counter('Restarts of a task after a failure.', 'topology', 'code'),
  state_rebuilds_total: counter('Rebuilds of lost or damaged state from the log.', 'topology'),
  state_keys_lost_total: counter(
    'Keys that start empty, because their state was lost and the log no longer has the events.',
    'topology',
  ),
  rebalance_pause_seconds: duration(
    'From the notification of a rebalance until an assigned partition is read. Excludes the time before the group detects a dead member (the session time-out), and partitions that stay with their owner.',
    'topology',
  ),
  rebalances_total: counter('Assignments of a partition to this process.', 'topology'),
};

const lasting: MetricGroup = {
  condition: {
    ...gauge(
      '1 while the condition lasts; the series is absent otherwise. The conditions are listed below.',
      'condition',
      'where',
    ),
    unit: 'flag',
  },
};

const history: MetricGroup = {
  history_rows_total: counter('Rows written to the offline store.', 'table'),
  history_rows_buffered: gauge('Rows that wait to be written to the offline store.'),
  history_flush_duration_seconds: duration('One write of buffered rows to the offline store.'),
  history_failures_total: counter('Failed writes to the offline store; each is retried.'),
};

const sinks: MetricGroup = {
  sink_rows_buffered: gauge('Rows that wait for a sink to take them.', 'topology', 'sink'),
  sink_flush_duration_seconds: duration(
    'From a request to flush a sink until it holds all rows.',
    'topology',
    'sink',
  ),
  sink_failures_total: counter('Flushes of a sink that failed and are retried.', 'topology', 'sink'),
};

const learning: MetricGroup = {
  drift_reports_total: counter('Drift reports.', 'topology'),
  drift_alarms_total: counter('Drift reports that found drift.', 'topology', 'feature', 'detector'),
  quality: {
    ...gauge(
      'Figures of the task over the newest week of labels, of the loop and of the frozen first model: for a binary task, among others, `log_loss` and `auc`.',
      'topology',
      'model',
      'figure',
    ),
    unit: 'that of the figure',
  },
  quantiles_crossed_total: counter('Predictions whose quantiles crossed and were sorted.', 'topology'),
  confusion: gauge("A week's labels by class and prediction.", 'topology', 'model', 'actual', 'predicted'),
  labels_unusable_total: counter(
    'Joined labels that quality and drift leave out: the label, its score or the time of its prediction is not finite, or the score is outside the range of the task.',
    'topology',
  ),
  decision_failures_total: counter(
    'Parts of decisions of the learning loop that failed: the boundary was decided without them.',
    'topology',
    'step',
  ),
  retrainings_total: counter('Finished trainings.', 'topology', 'reason', 'verdict'),
  training_duration_seconds: duration('One training, from the request to the verdict.', 'topology'),
  model_swaps_total: counter('Models that became champion at a barrier.', 'topology'),
};

const serving: MetricGroup = {
  http_requests_total: counter('Answered HTTP requests.', 'route', 'status'),
  access_refusals_total: counter('Requests and WebSocket messages without a sufficient credential.', 'code'),
  feed_subscribers: gauge('Open WebSocket subscriptions.'),
  feed_messages_total: counter('Prediction frames sent to subscribers.'),
  feed_latency_seconds: duration('From the receipt of an event until its prediction is sent on a WebSocket.'),
  feed_cut_off_total: counter('Subscribers closed with 4008 because they read too slowly.'),
  feed_moved_total: counter('Subscribers closed with 4009 because a partition moved to this process.'),
  feed_turned_away_total: counter('WebSocket clients closed with 1013 because the process has its maximum.'),
  feed_refusals_total: counter('Error frames sent to WebSocket clients.', 'code'),
};

/** In the order of the documentation. */
export const metricGroups: ReadonlyArray<{ readonly title: string; readonly metrics: MetricGroup }> = [
  { title: 'Events', metrics: events },
  { title: 'Lookup tables', metrics: tables },
  { title: 'Predictions', metrics: predictions },
  { title: 'Epochs and tasks', metrics: epochs },
  { title: 'Conditions', metrics: lasting },
  { title: 'History', metrics: history },
  { title: 'Sinks', metrics: sinks },
  { title: 'Learning', metrics: learning },
  { title: 'Serving', metrics: serving },
];

/** By name, without the namespace. */
export const metrics: MetricGroup = Object.fromEntries(
  metricGroups.flatMap((group) => Object.entries(group.metrics)),
);

/** The prefix of every name. */
export const NAMESPACE = 'millrace_';
