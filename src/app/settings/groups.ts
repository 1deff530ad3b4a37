// All settings of the engine (control path): a new setting is one export in a group's file, a new group one line here.
import type { Setting } from '../../core/setting.ts';
import * as artifacts from './artifacts.ts';
import * as engine from './engine.ts';
import * as issuer from './issuer.ts';
import * as kafka from './kafka.ts';
import * as personal from './personal.ts';
import * as models from './models.ts';
import * as services from './services.ts';
import * as serving from './serving.ts';
import * as tls from './tls.ts';

/** The values of a group, by field. */
export type ValuesOf<G extends Readonly<Record<string, Setting<unknown>>>> = {
  readonly [F in keyof G]: G[F] extends Setting<infer T> ? T : never;
};

export type Values = ValuesOf<typeof kafka> &
  ValuesOf<typeof services> &
  ValuesOf<typeof tls> &
  ValuesOf<typeof serving> &
  ValuesOf<typeof issuer> &
  ValuesOf<typeof personal> &
  ValuesOf<typeof models> &
  ValuesOf<typeof artifacts> &
  ValuesOf<typeof engine>;

function sorted(settings: Readonly<Record<string, Setting<unknown>>>): SettingGroup['settings'] {
  const byName = Object.entries(settings).sort(([, a], [, b]) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(byName);
}

export interface SettingGroup {
  readonly title: string;
  /** By field of Config. */
  readonly settings: Readonly<Record<string, Setting<unknown>>>;
}

/** In the order of the documentation. */
export const settingGroups: readonly SettingGroup[] = [
  { title: 'Kafka', settings: sorted(kafka) },
  { title: 'Other services and folders', settings: sorted(services) },
  { title: 'TLS to the services', settings: sorted(tls) },
  { title: 'Port and log', settings: sorted(serving) },
  { title: 'Issuer of tokens', settings: sorted(issuer) },
  { title: 'Models', settings: sorted(models) },
  { title: 'Large models', settings: sorted(artifacts) },
  { title: 'Engine', settings: sorted(engine) },
  { title: 'Personal data', settings: sorted(personal) },
];
