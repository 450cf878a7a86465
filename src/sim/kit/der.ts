/** Just enough of ASN.1 DER (ITU-T X.690) to write an X.509 certificate. */

export function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length]), bytes, content]);
}

export const sequence = (...items: readonly Buffer[]): Buffer => tlv(0x30, ...items);
export const set = (...items: readonly Buffer[]): Buffer => tlv(0x31, ...items);
export const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text));
export const octets = (content: Buffer): Buffer => tlv(0x04, content);
export const bits = (content: Buffer, unused = 0): Buffer => tlv(0x03, Buffer.from([unused]), content);
export const yes = (): Buffer => tlv(0x01, Buffer.from([0xff]));

/** A positive integer: a leading zero byte keeps the sign bit clear. */
export function integer(content: Buffer): Buffer {
  return tlv(0x02, (content[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), content]) : content);
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** UTCTime, good until 2049. */
export function utcTime(instant: number): Buffer {
  const digits = new Date(instant).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return tlv(0x17, Buffer.from(`${digits}Z`));
}
