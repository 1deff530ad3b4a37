// The schemas of a project: files of its schema folders, and a Confluent-compatible registry (control path).
import type { SchemaKey, Schemas, SchemaRefusal, SchemaText } from '../../ports/schemas.ts';
import { Registry, type RegistryOptions } from './registry.ts';
import { readSchemaFile } from './schema-files.ts';

export interface ProjectSchemasOptions {
  readonly registry: RegistryOptions;
  /** Folders with a file per subject, searched in this order; Millrace's own schemas need none. */
  readonly schemaFolders: readonly string[];
}

export class ProjectSchemas implements Schemas {
  readonly #folders: readonly string[];
  readonly #registry: Registry;

  constructor({ registry, schemaFolders }: ProjectSchemasOptions) {
    this.#folders = schemaFolders;
    this.#registry = new Registry(registry);
  }

  get name(): string {
    return this.#registry.name;
  }

  read(subject: string, extension: string): Promise<string> {
    return readSchemaFile(this.#folders, subject, extension);
  }

  idOf(subject: string, schema: SchemaText): Promise<number> {
    return this.#registry.idOf(subject, schema);
  }

  isSettled(id: SchemaKey): boolean {
    return this.#registry.isSettled(id);
  }

  lookUp(ids: readonly SchemaKey[]): Promise<void> {
    return this.#registry.lookUp(ids);
  }

  known(id: SchemaKey): SchemaText | undefined {
    return this.#registry.known(id);
  }

  refusal(id: SchemaKey): SchemaRefusal | undefined {
    return this.#registry.refusal(id);
  }
}
