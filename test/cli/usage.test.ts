import { describe, expect, it } from 'vitest';
import { runCommandLine } from './harness.js';

describe('a command line that cannot be meant ends with 64 and a suggestion', () => {
  it.each([
    [['gt', 'dg'], 'did you mean `sexton get`?'],
    [['statsu'], 'did you mean `sexton status`?'],
    [['get', 'dorgroups'], 'did you mean `doorgroups`?'],
    [['get', 'booking'.replace('o', '')], 'did you mean `booking`?'],
    [['get', 'dg', '-o', 'jsn'], 'Did you mean json?'],
    [['get', 'dg', '--wach'], 'Did you mean --watch?'],
    [['get', 'events'], 'sexton get bookings'],
    [['get', 'events'], 'sexton events'],
    [['get'], 'sexton get --help'],
    [['get', 'dg/'], 'the name after the slash is missing'],
    [['get', 'dg/a', 'b'], 'dg/b'],
    [['get', 'bookings', '-l', 'a=b'], 'have no labels'],
    [['get', 'dg', '-l', 'a=b=c d'], 'key=value'],
    [['get', 'dg', '--now', 'tomorrow'], '2026-11-21T18:00:00Z'],
    [['describe', 'dg'], 'dg/NAME'],
    [['diff', 'dors'], 'Did you mean doors?'],
    [['new', 'dorgroup'], 'did you mean `doorgroup`?'],
    [['sim', 'unify'], 'Did you mean unifi?'],
    [['sim', 'pco', '--quirk', 'limit-dorp=3'], 'did you mean "limit-drop"?'],
    [['sim', 'pco', '--quirk', 'oops'], 'name=value'],
    [['wait', 'dg/a', '--for', 'condition=Redy'], 'did you mean `Ready`?'],
    [['wait', 'dg/a', '--for', 'delete'], '--for=condition=Ready'],
    [['wait', 'members/3', '--for', 'condition=Ready'], 'have no conditions'],
    [['preview', '--days', '0'], 'from 1 to 92'],
    [['preview', '--from', '2026-02-30'], 'It is a date'],
    [['open', 'gym'], '--for 2h'],
    [['suspend', 'members/3'], 'are no resources'],
    [['approve', 'contact/Ada'], 'a contact is named by its id in CiviCRM'],
    [['approve', 'plan/../../x'], '12 hexadecimal digits'],
    [['completion', 'bsh'], 'Did you mean bash?'],
  ])('%j', async (words, said) => {
    const { code, out, err } = await runCommandLine(words);
    expect(code).toBe(64);
    expect(err).toContain(said);
    expect(out).toBe('');
  });

  it('nothing at all shows the help, on stderr', async () => {
    const { code, out, err } = await runCommandLine([]);
    expect([code, out]).toEqual([64, '']);
    expect(err).toContain('Commands:');
  });
});

describe('help and version', () => {
  it('every command has examples', async () => {
    for (const word of ['run', 'get', 'describe', 'explain', 'status', 'diff', 'validate', 'new', 'reconcile', 'wait', 'approve', 'deny', 'cancel', 'restore', 'open', 'lock', 'suspend', 'resume', 'block', 'unblock', 'preview', 'events', 'sim', 'demo', 'completion']) {
      const { code, out } = await runCommandLine([word, '--help']);
      expect([word, code]).toEqual([word, 0]);
      expect(out).toMatch(/Examples:\n {2}\S/);
    }
  });

  it('--help lists the commands and hides those for programs', async () => {
    const { code, out } = await runCommandLine(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('approve');
    expect(out).not.toContain('__complete');
  });

  it('--version is one line', async () => {
    expect(await runCommandLine(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
  });
});

describe('explain and new', () => {
  it('explains a field from the schema', async () => {
    const { code, out } = await runCommandLine(['explain', 'dg.unlock.method']);
    expect(code).toBe(0);
    expect(out).toContain('one of: Schedule, LockRule, None');
  });

  it('an unknown field ends with 1', async () => {
    const { code, err } = await runCommandLine(['explain', 'dg.unlok']);
    expect(code).toBe(1);
    expect(err).toContain('did you mean `unlock`?');
  });

  it('new prints a document of that kind', async () => {
    const { code, out } = await runCommandLine(['new', 'TM']);
    expect(code).toBe(0);
    expect(out).toContain('kind: TierMapping');
  });
});

describe('configuration', () => {
  it('a missing one ends with 78 and says how to name it', async () => {
    const { code, err } = await runCommandLine(['get', 'dg'], { environment: { SEXTON_CONFIG: '/nowhere/sexton.yaml' } });
    expect(code).toBe(78);
    expect(err).toContain('/nowhere/sexton.yaml');
  });

  it('--config beats the environment, before and after the command', async () => {
    for (const words of [['--config', '/here.yaml', 'get', 'dg'], ['get', 'dg', '--config', '/here.yaml']]) {
      const { err } = await runCommandLine(words, { environment: { SEXTON_CONFIG: '/nowhere/sexton.yaml' } });
      expect(err).toContain('/here.yaml');
    }
  });
});
