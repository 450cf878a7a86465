import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeJson, plain } from '../../src/runtime/text.js';

describe('plain', () => {
  it.each([
    ['Youth\u202e Group\u202c', 'Youth Group'],
    ['line\r\nbreak\ttab', 'line break tab'],
    ['\u001b[31mred\u001b[0m', '[31mred[0m'],
    ['\u2067right\u2069\u200f', 'right'],
    ['\ufeffname\u0000', 'name'],
    ['half \ud800 pair', 'half  pair'],
    ['családi 👩‍👩‍👧 nap', 'családi 👩‍👩‍👧 nap'],
    ['می‌خواهم', 'می‌خواهم'],
  ])('%j becomes %j', (given, expected) => {
    expect(plain(given)).toBe(expected);
  });

  it('leaves nothing that controls, hides or reorders, is idempotent, and keeps harmless text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const result = plain(text);
      expect(result.replace(/[\u200c\u200d]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(plain(result)).toBe(result);
    }));
    fc.assert(fc.property(fc.string(), (text) => { expect(plain(text)).toBe(text); }));
  });
});

describe('escapeJson', () => {
  it('changes the text, never the value', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const escaped = escapeJson(JSON.stringify({ text }));
      expect(escaped.replace(/[\u200c\u200d]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(JSON.parse(escaped)).toEqual({ text });
    }));
  });
});
