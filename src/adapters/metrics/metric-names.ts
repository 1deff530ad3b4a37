// Every metric of Millrace (control path): docs/metrics.md is this table, and a name that is not here is refused.
// Names follow <namespace>_<name>_<unit>_total; the namespace `millrace_` is added by the adapter. Base units alone:
// seconds, bytes. Callers give durations in milliseconds, the adapter divides.

export interface MetricSpec {
  /** `duration` is a histogram, with its percentiles as a second metric `<name>_quantile`. */
  readonly kind: 'counter' | 'gauge' | 'duration';
  readonly labels: readonly string[];
  readonly meaning: string;
  /** By default that which the name ends in. */
  readonly unit?: string;
}

function counter(meaning: string, ...labels: string[]): MetricSpec {
  return { kind: 'counter', labels, meaning };
}
function gauge(meaning: string, ...labels: string[]): MetricSpec {
  return { kind: 'gauge', labels, meaning };
}
function duration(meaning: string, ...labels: string[]): MetricSpec {
  return { kind: 'duration', labels, meaning };
}

export const metrics: Readonly<Record<string, MetricSpec>> = {
  // events
  events_total: counter('Events taken from the log.', 'topology'),
  batches_total: counter('Micro-batches that those events came in.', 'topology'),
  events_late_total: counter(
    'Events behind the watermark by more than the allowed lateness.',
    'topology',
    'stage',
  ),
  events_duplicate_total: counter('Events dropped because their id was seen before.', 'topology', 'stage'),
  contract_violations_total: counter('Contract rules broken.', 'topology', 'rule', 'action'),
  dead_letters_total: counter('Events sent to the dead-letter topic.', 'topology', 'code'),
  events_repartitioned_total: counter('Events sent on under another key.', 'topology'),
  events_unkeyed_total: counter(
    'Events without a key to repartition by, which are not sent on.',
    'topology',
    'stage',
  ),
  offset_lag_events: gauge('Events in the log that are not processed yet.', 'topology', 'partition'),
  watermark_timestamp_seconds: gauge('Event time of the watermark.', 'topology', 'partition'),
  // predictions
  predictions_total: counter('Predictions made.', 'topology', 'version'),
  prediction_fallbacks_total: counter(
    'Predictions that carry the declared fallback value.',
    'topology',
    'reason',
  ),
  prediction_latency_seconds: duration('From the receipt of an event to its prediction.', 'topology'),
  decode_duration_seconds: duration('Decoding of one micro-batch.', 'topology'),
  score_duration_seconds: duration('One model run over one micro-batch.', 'topology'),
  labels_joined_total: counter('Labels joined to their prediction.', 'topology'),
  labels_never_total: counter('Predictions whose label will never come.', 'topology'),
  labels_unmatched_total: counter(
    'Labels whose prediction is not known: given up, or never made.',
    'topology',
  ),
  shadow_failures_total: counter('Runs of the shadow model that failed.', 'topology', 'code'),
  // epochs and state
  epochs_total: counter('Epochs committed.', 'topology'),
  epoch_commit_duration_seconds: duration('Commit of one epoch: log transaction and state.', 'topology'),
  tasks_active: gauge('Partitions that this process has now.', 'topology'),
  task_restarts_total: counter('Tasks that failed and were started again.', 'topology', 'code'),
  rebalance_pause_seconds: duration(
    'From when this process heard of a rebalance until a partition that it was given is read: neither the time before the group noticed a death (the session time-out) nor what stays with its owner is in it.',
    'topology',
  ),
  rebalances_total: counter('Assignments of a partition to this process.', 'topology'),
  // history
  history_rows_total: counter('Rows written to the offline store.', 'table'),
  history_rows_buffered: gauge('Rows that wait to be written to the offline store.'),
  history_flush_duration_seconds: duration('One write of buffered rows to the offline store.'),
  history_failures_total: counter('Writes to the offline store that failed and are tried again.'),
  // learning
  drift_reports_total: counter('Drift reports written.', 'topology'),
  drift_alarms_total: counter('Drift reports that found drift.', 'topology', 'feature', 'detector'),
  quality: {
    ...gauge(
      "The task's figures over the newest week of labels, of the loop and of the frozen first model: `log_loss` and `auc` among them for a binary task.",
      'topology',
      'model',
      'figure',
    ),
    unit: 'that of the figure',
  },
  retrainings_total: counter('Trainings that ended.', 'topology', 'reason', 'verdict'),
  training_duration_seconds: duration('One training, from the request to the verdict.', 'topology'),
  model_swaps_total: counter('Models that took over at a barrier.', 'topology'),
  // serving
  http_requests_total: counter('HTTP requests answered.', 'route', 'status'),
  feed_subscribers: gauge('WebSocket subscriptions now.'),
  feed_messages_total: counter('Prediction frames sent to subscribers.'),
  feed_latency_seconds: duration('From the receipt of an event to its prediction on a WebSocket.'),
  feed_cut_off_total: counter('Subscribers closed with 4008 because they read too slowly.'),
  feed_moved_total: counter('Subscribers closed with 4009 because a partition came to this process.'),
  feed_turned_away_total: counter('WebSocket clients closed with 1013 because the process had its most.'),
  feed_refusals_total: counter('Error frames sent to WebSocket clients.', 'code'),
};

/** Every name is prefixed with it. */
export const NAMESPACE = 'millrace_';
