// Settings of commits, memory and scoring (control path). Each export is one setting and one field of Config.
import {
  BARRIER_INTERVAL_MS,
  CHECKPOINT_INTERVAL_MS,
  HOT_KEYS_MAX,
  STUCK_MS,
} from '../../core/task-limits.ts';
import { engineSetting, type Setting } from '../../core/setting.ts';

export const barrierIntervalMs: Setting<number> = engineSetting('MILLRACE_BARRIER_MS', {
  kind: 'integer',
  min: 1,
  max: 60_000,
  default: BARRIER_INTERVAL_MS,
  description:
    'Milliseconds between two commits of a partition that has input: the longest that a read_committed reader waits for a prediction, in addition to the commit itself.',
});

/** 0: state is committed with each barrier. */
export const checkpointIntervalMs: Setting<number> = engineSetting('MILLRACE_CHECKPOINT_MS', {
  kind: 'integer',
  min: 0,
  max: 60_000,
  default: CHECKPOINT_INTERVAL_MS,
  description:
    "Milliseconds between two commits of a partition's state; 0 commits it with each barrier. It bounds what a restart recomputes and how far the online features are behind.",
});

export const hotKeysMax: Setting<number> = engineSetting('MILLRACE_HOT_KEYS', {
  kind: 'integer',
  min: 1,
  default: HOT_KEYS_MAX,
  description: 'Keys that each view, and the pending predictions, keep in memory per partition.',
});

export const offsetReset: Setting<'earliest' | 'latest' | 'fail'> = engineSetting('MILLRACE_OFFSET_RESET', {
  kind: 'choice',
  choices: ['earliest', 'latest', 'fail'],
  default: 'earliest',
  description:
    'Where a partition goes on if retention has deleted events before they were read: at the first event that is left, at the end, or not at all, with exit code 1. What is skipped is counted.',
});

export const stuckMs: Setting<number> = engineSetting('MILLRACE_STUCK_MS', {
  kind: 'integer',
  min: 1_000,
  max: 86_400_000,
  default: STUCK_MS,
  description:
    'Milliseconds without progress, although events wait, after which `/readyz` answers 503 with the partition and the reason, and `run --until-caught-up` gives up on a task that fails.',
});

/** Best first. Not WebGPU by default: a processor that emulates a GPU offers itself for it. */
export const providers: Setting<ReadonlyArray<'cuda' | 'webgpu' | 'cpu'>> = engineSetting(
  'MILLRACE_PROVIDERS',
  {
    kind: 'list',
    choices: ['cuda', 'webgpu', 'cpu'],
    default: ['cuda', 'cpu'],
    description: 'Execution providers for models, in order of preference.',
  },
);
