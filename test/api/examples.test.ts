import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkReferences, doorGroupReferences } from '../../src/api/references.js';
import { kinds } from '../../src/api/resource.js';
import type { Kind, Resource, SpecOf } from '../../src/api/resource.js';
import { resourcesOf, warningsOf } from './read.js';

const folder = new URL('../../examples/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && !name.endsWith('.status.yaml'));
const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const resources: readonly Resource[] = files.flatMap((name) => resourcesOf(textOf(name), name));
const specsOf = <K extends Kind>(kind: K): SpecOf<K>[] => resources.filter((resource) => resource.kind === kind).map(({ spec }) => spec as SpecOf<K>);

describe('examples/', () => {
  it('is valid, without a warning', () => {
    expect(files.flatMap((name) => warningsOf(textOf(name)))).toEqual([]);
  });

  it('shows every kind', () => {
    expect(new Set(resources.map(({ kind }) => kind))).toEqual(new Set(kinds));
    expect(specsOf('SafeHours')).toHaveLength(1);
    expect(specsOf('TierMapping')).toHaveLength(1);
  });

  it('names only door groups that exist, and each of them', () => {
    expect(checkReferences(resources).map(({ message }) => message)).toEqual([]);
    const named = new Set(resources.flatMap((resource) => doorGroupReferences(resource).map(({ name }) => name)));
    expect(named).toEqual(new Set(['front-lobby', 'rear-lobby', 'gym-front', 'gym-rear', 'office']));
  });

  it('has no name twice, and no door or schedule in two groups', () => {
    const once = (values: readonly string[]): void => expect(values).toEqual([...new Set(values)]);
    once(resources.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
    once(specsOf('DoorGroup').flatMap(({ doors }) => doors.map(({ name = '' }) => name)));
    once(specsOf('DoorGroup').flatMap(({ unlock }) => (unlock.schedule.name === undefined ? [] : [unlock.schedule.name])));
    expect(specsOf('DoorGroup').filter(({ unlock }) => unlock.schedule.create)).not.toEqual([]);
  });

  it('uses nothing of the members plane that is not enforced yet', () => {
    const [tiers] = specsOf('TierMapping');
    expect(tiers).toMatchObject({ blocked: [], graceDays: 0, suspend: false });
    expect(tiers?.identity).not.toHaveProperty('adoptFrom');
  });
});
