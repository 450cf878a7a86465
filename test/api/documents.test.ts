import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../../src/api/documents.js';
import { validateResource } from '../../src/api/validate.js';
import { problemsOf } from './read.js';

const good = 'apiVersion: sexton.dev/v1alpha1\nkind: SafeHours\nmetadata: { name: gate }\nspec: {}\n';
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a file as a whole', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['a NUL character', 'kind: A\nname: a\0b\n', 'f.yaml:2:8: the file holds a NUL character; it is damaged, or no text file'],
    ['bytes that are not UTF-8', Uint8Array.from([...utf8('a: é\nb: '), 0xe9, 0x0a]), 'f.yaml:2:4: the file is not UTF-8 text; save it as UTF-8'],
    ['a character that is cut off', Uint8Array.from([...utf8('a: '), 0xc3]), 'f.yaml:1:4: the file is not UTF-8 text; save it as UTF-8'],
    ['UTF-16', bytes(0xff, 0xfe, 0x61, 0x00), 'f.yaml:1:1: the file is not UTF-8 text but UTF-16; save it as UTF-8'],
    ['5 MB', `# ${'x'.repeat(5_242_878)}`, 'f.yaml:0:0: the file has 5.0 MiB; at most 1 MiB is read. Split it, or move what is no resource out of this directory'],
    ['thousands of brackets', '['.repeat(300_000), 'f.yaml:1:65: the file is nested too deeply'],
    ['thousands of dashes', '- '.repeat(300_000), 'f.yaml:1:257: the file is nested too deeply'],
  ])('is refused for %s', (_, content, problem) => {
    expect(problemsOf(content)).toEqual([problem]);
  });

  it.each([
    ['a byte order mark', `\uFEFF${good}`],
    ['a byte order mark in bytes', Uint8Array.from([0xef, 0xbb, 0xbf, ...utf8(good)])],
    ['CRLF', good.replaceAll('\n', '\r\n')],
    ['documents of nothing', `---\n---\n# a comment\n---\n${good}---\n...\n`],
    ['a directive', `%YAML 1.2\n---\n${good}`],
    ['anchors, aliases and merge keys', good.replace('spec: {}', 'spec:\n  days: { monday: &m "06:00-22:00", friday: *m }')],
    ['brackets in texts and comments', `${good}# ${'['.repeat(500)}\n---\n${good.replace('{}', `{ preApproved: ["${'['.repeat(100)}"] }`)}`],
  ])('may have %s', (_, content) => {
    expect(problemsOf(content)).toEqual([]);
  });

  it('keeps its places with CRLF and a byte order mark', () => {
    expect(problemsOf(`\uFEFFbad: 1\r\n${good.replaceAll('\n', '\r\n')}  more: 1`)[0]).toMatch(/^f\.yaml:/);
    expect(problemsOf(`\uFEFF${good.replaceAll('\n', '\r\n').replace('{}', '{ defualt: "05:00-23:00" }')}`)).toEqual([
      'f.yaml:4:9 spec.defualt: there is no such field; did you mean `default`?',
    ]);
  });
});

describe('one document', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]', ...['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index] ?? ''}`).join(', ')}]`)];
  it.each([
    ['a tab', 'a:\n\tb: 1\n', /^f\.yaml:2:1: a tab is used to indent; YAML wants spaces$/],
    ['a quote that does not end', 'kind: "A\n', /^f\.yaml:\d+:\d+: Missing closing "quote$/],
    ['a key given twice', 'kind: A\nspec:\n  a: 1\n  a: 2\n', /^f\.yaml:4:3 spec\.a: `a` is given twice; keep one$/],
    ['a bomb of aliases', bomb.join('\n'), /aliases \(\*name\) are expanded at most 100 times; write the values out$/],
    ['an alias within its own anchor', 'a: &a [*a]', /^f\.yaml:1:8 a\[0\]: \*a stands within its own anchor$/],
    ['an alias without an anchor', 'a: *b', /^f\.yaml:1:4 a: no anchor &b comes before this alias$/],
    ['a list', '- kind: A\n', /^f\.yaml:1:1: this is no resource: a document must be a mapping/],
    ['a text', 'hello\n', /^f\.yaml:1:1: this is no resource/],
    ['a tag', 'kind: !secret A\n', /^f\.yaml:1:7: Unresolved tag: !secret; write the value without a tag$/],
  ])('is refused for %s, and the next one is read', (_, text, problem) => {
    const { documents } = parseDocuments('f.yaml', `${text}\n---\n${good}`);
    expect(documents).toHaveLength(2);
    expect(problemsOf(`${text}\n---\n${good}`)[0]).toMatch(problem);
    expect(validateResource(documents[1]!).problems).toEqual([]);
  });

  it('is known by kind, name and line also where the rest is wrong', () => {
    const text = `# a comment\n${good}---\n\nkind: DoorGroup\nmetadata:\n  name: gym\nspec: [\n---\nkind: 5\nmetadata: x\n`;
    expect(parseDocuments('f.yaml', text).documents.map(({ kind, name, line }) => ({ kind, name, line }))).toEqual([
      { kind: 'SafeHours', name: 'gate', line: 2 },
      { kind: 'DoorGroup', name: 'gym', line: 8 },
      { kind: null, name: null, line: 13 },
    ]);
  });
});

describe('any text', () => {
  it('is read without an exception, and every problem has a place', () => {
    const scrap = fc.constantFrom('kind: DoorGroup', 'spec:', '  doors: [', '- ', '---', '&a', '*a', '<<: *a', '"', "'", '\t', '{', '}', ']', ': ', '? ', '!!x ', '|', '%', '\r\n', '\n', 'é', '\u{1f600}', '#');
    fc.assert(
      fc.property(fc.array(fc.oneof(scrap, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        const { documents, problems } = parseDocuments('f.yaml', text);
        const all = [...problems, ...documents.flatMap((document) => validateResource(document).problems)];
        expect(all.every(({ line, column }) => line >= 0 && column >= 0 && Number.isInteger(line + column))).toBe(true);
        expect(documents.every((document) => validateResource(document).resource === null)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
