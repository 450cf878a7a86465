import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/runtime/config.js';
import { credentialNames } from '../../src/runtime/credentials.js';

const deploy = join(import.meta.dirname, '../../deploy');
const text = (name: string): string => readFileSync(join(deploy, name), 'utf8');
const all = (unit: string, setting: string): readonly string[] => [...text(unit).matchAll(new RegExp(`^${setting}=([A-Z_]+):`, 'gm'))].map(([, name = '']) => name);

describe('what deploy/ installs', () => {
  it('hands out every credential that the program knows, and none has to be there', () => {
    const controller = all('sexton.service', 'LoadCredential');
    const pull = all('sexton-pull.service', 'LoadCredential');
    // The key is handed to ssh as a file.
    expect([...controller, ...pull].toSorted()).toEqual([...credentialNames, 'GIT_SSH_KEY'].toSorted());
    expect(all('sexton.service', 'SetCredential')).toEqual(controller);
    expect(all('sexton-pull.service', 'SetCredential')).toEqual(pull);
    for (const unit of ['sexton.service', 'sexton-pull.service']) {
      for (const [, name, path] of text(unit).matchAll(/^LoadCredential=(\w+):(.*)$/gm)) expect(path).toBe(`/etc/sexton/credentials/${name ?? ''}`);
    }
  });

  it('keeps both services in the same sandbox', () => {
    const sandbox = (unit: string): string => text(unit).slice(text(unit).indexOf('CapabilityBoundingSet=')).split('[Install]')[0]?.trim() ?? '';
    expect(sandbox('sexton-pull.service')).toBe(sandbox('sexton.service'));
  });

  it('begins with settings that are valid and write nothing', () => {
    const { config, problems } = loadConfiguration(join(deploy, 'sexton.yaml'));
    expect(problems ?? []).toEqual([]);
    expect([config?.mode, config?.resources, config?.stateDir, config?.runtimeDir]).toEqual(['DryRun', '/etc/sexton/resources', '/var/lib/sexton', '/run/sexton']);
  });

  it.each(readdirSync(deploy, { recursive: true, encoding: 'utf8' }).filter((name) => scriptText(name).startsWith('#!/bin/sh')))('has a script that every shell reads: %s', (name) => {
    const { status, stderr } = spawnSync('sh', ['-n', join(deploy, name)], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('refuses to install or remove anything where it may not, before it touches a file', () => {
    if (process.getuid?.() === 0) {
      const { status, stderr } = spawnSync('sh', [join(deploy, 'uninstall.sh')], { encoding: 'utf8', env: { ...process.env, PREFIX: '/usr' } });
      expect([status, stderr]).toEqual([1, expect.stringContaining('apt remove sexton')]);
      return;
    }
    for (const script of ['install.sh', 'uninstall.sh']) {
      const { status, stderr } = spawnSync('sh', [join(deploy, script)], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([1, expect.stringContaining('root')]);
    }
  });
});

/** Empty for a directory. */
function scriptText(name: string): string {
  try {
    return text(name);
  } catch {
    return '';
  }
}
