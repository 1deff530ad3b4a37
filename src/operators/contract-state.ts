// The state of the rules of one contract, as that of its stage (once a batch and once a barrier).
import type { Batch } from '../core/batch.ts';
import type { OpenRule } from './contract-rule.ts';
import type { StateErasure } from './erasure.ts';
import type { KeyedState, OperatorState, StageInstance } from './stage.ts';

interface NamedRule {
  /** Unique among the rules with state. */
  readonly name: string;
  readonly open: OpenRule;
  /** The batch as the rule will see it: the rules before it give defaults. */
  readonly seen: (batch: Batch) => Batch;
}

interface Named<S> {
  /** What precedes its keys. */
  readonly prefix: string;
  readonly state: S;
}

interface Seeing<S> extends Named<S> {
  readonly seen: NamedRule['seen'];
}

/** The keyed and the operator state of the rules; absent where none has such. */
export function ruleStates(rules: readonly NamedRule[]): Pick<StageInstance, 'keyedState' | 'operatorState'> {
  const keyed = rules.flatMap(({ name, open: { keyedState: state }, seen }) =>
    state === undefined ? [] : [{ prefix: `${name}=`, state, seen }],
  );
  const whole = rules.flatMap(({ name, open: { operatorState: state } }) =>
    state === undefined ? [] : [{ prefix: name, state }],
  );
  return {
    ...(keyed.length === 0 ? {} : { keyedState: keyedStates(keyed) }),
    ...(whole.length === 0 ? {} : { operatorState: operatorStates(whole) }),
  };
}

function keyedStates(parts: ReadonlyArray<Seeing<KeyedState>>): KeyedState {
  const wanted = new Set<string>();
  return {
    wantedKeys(batch, into) {
      for (const { prefix, state, seen } of parts) {
        wanted.clear();
        state.wantedKeys(seen(batch), wanted);
        for (const key of wanted) into.add(prefix + key);
      }
    },
    hydrate(key, blob) {
      for (const { prefix, state } of parts)
        if (key.startsWith(prefix)) state.hydrate(key.slice(prefix.length), blob);
    },
    snapshot(barrier, changes) {
      for (const { prefix, state } of parts) state.snapshot(barrier, changes.under(prefix));
    },
    evict() {
      for (const { state } of parts) state.evict?.();
    },
    erasure: (entities) =>
      erasures(
        parts.flatMap(({ prefix, state, seen }) => {
          const erasure = state.erasure?.(entities);
          return erasure === undefined ? [] : [{ prefix, state: erasure, seen }];
        }),
      ),
  };
}

function erasures(parts: ReadonlyArray<Seeing<StateErasure>>): StateErasure {
  return {
    collect(batch: Batch) {
      for (const { state, seen } of parts) state.collect(seen(batch));
    },
    keys: () => parts.flatMap(({ prefix, state }) => Array.from(state.keys(), (key) => prefix + key)),
    strip(key, blob, changes) {
      for (const { prefix, state } of parts)
        if (key.startsWith(prefix)) state.strip(key.slice(prefix.length), blob, changes.under(prefix));
    },
  };
}

/** One JSON object of all: a rule that was added begins without state. */
function operatorStates(parts: ReadonlyArray<Named<OperatorState>>): OperatorState {
  return {
    restore(blob) {
      const saved = JSON.parse(Buffer.from(blob).toString()) as Record<string, string>; // as snapshot wrote it
      for (const { prefix, state } of parts) {
        const own = saved[prefix];
        if (own !== undefined) state.restore(Buffer.from(own));
      }
    },
    snapshot: (barrier) =>
      Buffer.from(
        JSON.stringify(
          Object.fromEntries(
            parts.map(({ prefix, state }) => [prefix, Buffer.from(state.snapshot(barrier)).toString()]),
          ),
        ),
      ),
  };
}
