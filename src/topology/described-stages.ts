// The stages of a topology as `millrace describe --json` prints them (control path): in their order, each with what decides
// what it does to events. What is described elsewhere, as rules, features and the topics of outputs are, is not repeated.
import { stableJson } from '../core/stable-json.ts';
import type { ContractStage } from '../operators/contract.ts';
import type { FeaturesStage } from '../operators/feature-layout.ts';
import { declaredPredicate, describeSelection } from '../operators/predicate.ts';
import type { ScoreStage } from '../operators/score.ts';
import type { Stage } from '../operators/stage.ts';
import { named } from '../operators/stage-declaration.ts';
import type { Topology } from './definition.ts';
import { servedAlone } from './described-features.ts';
import { isKind } from './stage-list.ts';

export interface DescribedStage {
  readonly id: string;
  readonly kind: string;
  /** Whether it keeps state, which is found by its id. */
  readonly keepsState: boolean;
  /** By name; of a stage that declares nothing, its summary. */
  readonly declaration: Readonly<Record<string, unknown>>;
}

type Declared = Readonly<Record<string, unknown>>;

const isContract = isKind<ContractStage>('contract');
const isFeatures = isKind<FeaturesStage>('features');
const isScore = isKind<ScoreStage>('score');

export function describedStages(topology: Pick<Topology, 'stages' | 'task'>): DescribedStage[] {
  return topology.stages.map((stage) => ({
    id: stage.id,
    kind: stage.kind,
    keepsState: stage.memoryMs > 0,
    // As a file has it: infinities are text there, and what is undefined is left out.
    declaration: JSON.parse(stableJson(declarationOf(stage, topology))) as Declared, // an object, as it was
  }));
}

function declarationOf(stage: Stage, { task }: Pick<Topology, 'task'>): Declared {
  if (isContract(stage)) return defaultsOf(stage);
  if (isFeatures(stage)) return ofFeatures(stage);
  if (!isScore(stage)) return stage.declaration ?? { summary: stage.summary };
  const { output, label, alerts, objective, fallback } = task;
  return {
    fallback: stage.options.fallback ?? fallback,
    output,
    label: label.text ?? label.reads.join(', '),
    alerts: alerts ?? null,
    objective: objective ?? null,
  };
}

/** The values that rules give; the rules themselves are described by themselves. */
function defaultsOf({ rules }: ContractStage): Declared {
  return Object.fromEntries(
    rules.flatMap(({ name, otherwise, where }) =>
      typeof otherwise === 'object'
        ? [[`default of ${name}${describeSelection(where)}`, otherwise.default] as const]
        : [],
    ),
  );
}

function ofFeatures(stage: FeaturesStage): Declared {
  const { when, services = {} } = stage.options;
  const alone = servedAlone(stage).map(({ name, definition }) => [name, definition] as const);
  return {
    when: declaredPredicate(when),
    ...named('services', services),
    ...named('served', Object.fromEntries(alone)),
  };
}
