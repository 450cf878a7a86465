import { describe, expect, it } from 'vitest';
import { holding } from '../../src/notify/alert.js';
import { messageOf } from '../../src/notify/message.js';
import { siteTime } from '../../src/runtime/site-time.js';
import { noteOf } from './world.js';

const wording = { site: 'first-church', timeZone: 'America/New_York', time: siteTime('America/New_York') };
const at = Date.parse('2026-11-22T03:14:00Z');

describe('the text of a message', () => {
  it('says what, where, since when, what to do and what to type', () => {
    const note = { ...noteOf('a', 'Raised', 'Critical', at), told: { ...noteOf('a').told, command: 'sexton status' } };
    expect(messageOf([note], wording)).toMatchObject({
      subject: 'first-church: a',
      text: 'a is wrong\nSite: first-church. Since Sat 2026-11-21 22:14 (America/New_York).\nmend it\n  sexton status\n',
    });
  });

  it('says what is over, from when to when, and nothing to do', () => {
    expect(messageOf([{ ...noteOf('a', 'Resolved', 'Warning', at), since: at - 3_600_000 }], wording)).toMatchObject({
      subject: 'first-church: over: a',
      text: 'It is over. It was: a is wrong\nSite: first-church. From Sat 2026-11-21 21:14 (America/New_York) to Sat 2026-11-21 22:14.\n',
    });
  });

  it('puts the most urgent first, and what is over last', () => {
    const { subject, text } = messageOf([noteOf('over', 'Resolved', 'Critical'), noteOf('info', 'Raised', 'Info'), noteOf('bad', 'Reminder', 'Critical')], wording);
    expect(subject).toBe('first-church: 3 alerts: still: bad, …');
    expect([...text.matchAll(/^(Still: bad|Info|Over: over)$/gm)].map(([line]) => line)).toEqual(['Still: bad', 'Info', 'Over: over']);
  });

  it('names by their subjects what would be too long for a phone', () => {
    const { text } = messageOf(Array.from({ length: 30 }, (_, index) => noteOf(`k${index}`)), wording);
    expect(text.match(/is wrong/g)).toHaveLength(8);
    expect(text.match(/^- k\d+$/gm)).toHaveLength(22);
    expect(text).toMatch(/See all: sexton status\n$/);
  });

  it('is short and plain, whatever came from outside', () => {
    const hostile = '\u202Eevil\u202C\r\nBcc: all@example.org\n<b>';
    const { subject, what, todo } = holding({ key: 'a', severity: 'Info', subject: `${hostile}${'😀'.repeat(100)}`, what: `${hostile}${'x'.repeat(5000)}`, todo: hostile, command: null });
    expect(subject).toMatch(/^evil Bcc: all@example\.org <b>😀+…$/u);
    expect(subject.length).toBeLessThanOrEqual(80);
    expect(subject).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
    expect(what.length).toBeLessThanOrEqual(600);
    expect(todo).toBe('evil Bcc: all@example.org <b>');
  });
});
