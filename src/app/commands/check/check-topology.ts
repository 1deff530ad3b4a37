// Checks a topology as a whole (control path): what its definition says, whether it fits the source's schema, whether its
// stages can be opened, and its types.
import { isCode, messageOf, MillraceError } from '../../../core/errors.ts';
import type { Schema } from '../../../core/schema.ts';
import { TopologyDriver } from '../../../testing/topology-driver.ts';
import { avroSchema } from '../../../topology/avro-schema.ts';
import type { Topology } from '../../../topology/define.ts';
import { targetsOf } from '../../../topology/targets.ts';
import { sourceSubject } from '../../../topology/topics.ts';
import { openSchemas } from '../../compose/adapters.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import { decodedSchema } from '../../compose/source-schema.ts';
import type { Config } from '../../settings/config.ts';
import { checkDeclarations } from '../../settings/declared.ts';
import { compareWith } from './compare.ts';
import { typeProblems, type TypeCheck } from './type-problems.ts';

/**
 * @param against an earlier form of it, to compare with
 * @throws TOPOLOGY_INVALID or SCHEMA_INVALID with every problem that was found, and what `compareWith` throws
 */
export async function checkTopology(file: string, config: Config, against?: string): Promise<void> {
  const [topology, types] = await Promise.all([
    checked(file, config).catch((error: unknown) => error),
    typeProblems(file),
  ]);
  if (topology instanceof Error || types.problems.length > 0) throw oneError(topology, types);
  const valid = topology as Topology; // it is no error
  const { name, stages, features } = valid;
  const targets = valid.otherTargets === undefined ? '' : `, ${targetsOf(valid).length} targets`;
  const vector = features === null ? '' : `, ${features.features.length} features`;
  process.stdout.write(`${file} is valid: topology ${name}, ${stages.length} stages${vector}${targets}\n`);
  process.stdout.write(
    types.compiler === null
      ? 'types were not checked: install TypeScript in the project, npm install --save-dev typescript\n'
      : `types are valid: ${types.compiler}\n`,
  );
  if (against !== undefined) await compareWith(valid, against, config);
}

function oneError(found: unknown, { problems }: TypeCheck): unknown {
  if (!(found instanceof Error)) {
    return new MillraceError('TOPOLOGY_INVALID', `the types do not fit:\n  ${problems.join('\n  ')}\n `);
  }
  if (problems.length === 0 || !(found instanceof MillraceError)) return found;
  const what = `${found.message}\n  ${problems.join('\n  ')}\n `;
  return new MillraceError(found.code, what, { cause: found });
}

async function checked(file: string, config: Config): Promise<Topology> {
  const topology = await loadTopology(file);
  checkDeclarations(topology);
  const schema = await sourceSchema(topology, config);
  // Opening the stages lays out their windows, which depends on the allowed lateness.
  for (const target of targetsOf(topology)) opened(target, schema);
  return topology;
}

/** @throws TOPOLOGY_INVALID if a stage cannot be opened */
function opened(topology: Topology, schema: Schema): TopologyDriver {
  return new TopologyDriver(topology, { schema });
}

/** The columns that the source's decoder gives, which for Avro are those of the schema file. */
async function sourceSchema(topology: Topology, config: Config): Promise<Schema> {
  const { source, name } = topology;
  const schema = await decodedSchema(topology, config);
  if (source.schema === undefined || source.format !== undefined) return schema;
  const subject = sourceSubject(source);
  const written = await openSchemas(config)
    .read(subject, 'avsc')
    .catch((error: unknown) => {
      if (isCode(error, 'SCHEMA_INVALID')) return null; // there is no such file, and none is needed
      throw error;
    });
  if (written !== null && !isSameJson(written, avroSchema(source.topic, source.schema))) {
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `the schema file of ${subject} is not what the source declares`,
      {
        where: `topology ${name}`,
        remedy: `Run millrace types for ${subject}.avsc again, or remove the file.`,
      },
    );
  }
  return schema;
}

function isSameJson(a: string, b: string): boolean {
  try {
    return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
  } catch (error) {
    throw new MillraceError('SCHEMA_INVALID', `the schema file is no JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
