// The declaration of `millrace models gc` (control path).
import { PRINTED_COUNT_MAX } from '../../../core/process-limits.ts';
import { MS_PER_MINUTE } from '../../../core/time.ts';
import { whole } from '../../cli/flags.ts';
import { configuredVerb, defaulted, toggle, type Verb } from '../../cli/verb.ts';
import { at, DATA } from '../data-option.ts';
import { TARGET, TOPOLOGY_FILE } from '../topology-file.ts';

/** `millrace models gc`. */
export const gc: Verb = configuredVerb({
  name: 'gc',
  description: 'Remove the artifacts that no model update names any more',
  arguments: { topology: TOPOLOGY_FILE },
  options: {
    target: TARGET,
    data: DATA,
    keep: defaulted('--keep <minutes>', 'artifacts that are younger stay', whole(0, PRINTED_COUNT_MAX), '60'),
    dryRun: toggle('--dry-run', 'list them alone'),
  },
  notes:
    'A model that is too large for its update is an artifact. One stays behind where a promotion failed before its update, or where a version was promoted again with other bytes, or its update was deleted. Engines remove it a day later (MILLRACE_ARTIFACTS_KEPT_HOURS); this command removes it now. What MILLRACE_ARTIFACTS names belongs to the fleets of one Kafka cluster: those of another would lose theirs.',
  examples: ['millrace models gc topologies/flights.ts --dry-run'],
  async action({ topology: file, target, data, keep, dryRun }, config) {
    const { collectArtifacts } = await import('./collect-artifacts.ts');
    await collectArtifacts({ file, target }, at(config, data), {
      keptMs: keep * MS_PER_MINUTE,
      isDry: dryRun,
    });
  },
});
